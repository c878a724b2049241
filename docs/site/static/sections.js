// The link to the other language leads to the same section: both have the same headings in the same order.
const headings = [...document.querySelectorAll('.bd-article section > :is(h1, h2, h3)')];

const wanted = location.hash.match(/^#heading-(\d+)$/);
if (wanted && headings[wanted[1]]) {
  location.replace(`#${encodeURIComponent(headings[wanted[1]].parentElement.id)}`);
}

const link = document.querySelector('a.language[data-same-page]');
const aim = () => {
  // the last heading that has reached the page's header; at the top of the page, none
  const above = headings.filter((heading) => heading.getBoundingClientRect().top < 120);
  link.hash = scrollY > 0 && above.length > 1 ? `heading-${above.length - 1}` : '';
};
for (const event of ['click', 'auxclick']) link?.addEventListener(event, aim);
