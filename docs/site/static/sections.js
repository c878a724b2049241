// The link to the other language leads to the same section: both have the same headings in the same order.
const headings = [...document.querySelectorAll('.bd-article section > :is(h1, h2, h3)')];

const wanted = headings[Number(location.hash.match(/^#heading-(\d+)$/)?.[1])];
if (wanted) location.replace(`#${encodeURIComponent(wanted.parentElement?.id ?? '')}`);

/** @type {HTMLAnchorElement | null} */
const link = document.querySelector('a.language[data-same-page]');
const aim = () => {
  if (!link) return;
  // the last heading that has reached the page's header; at the top of the page, none
  const above = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
  link.hash = scrollY > 0 && above.length > 1 ? `heading-${above.length - 1}` : '';
};
for (const event of ['click', 'auxclick']) link?.addEventListener(event, aim);
