// A figure opens large: by a click, or by Enter when it has the focus. A table that is wider than the page
// can have the focus too, so that the arrow keys scroll it.
const ENLARGE = { en: 'Enlarge', zh: '放大' }[document.documentElement.lang.slice(0, 2)];
const dialog = document.createElement('dialog');
dialog.className = 'figure-large';
document.body.append(dialog);
dialog.addEventListener('click', () => dialog.close());
// beside the theme's scripts, Escape alone left it open
dialog.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') dialog.close();
});

function enlarge(event) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window
  event.preventDefault();
  const small = event.currentTarget.querySelector('img');
  const large = new Image();
  large.src = small.src;
  large.alt = small.alt;
  // as large as the window allows, and on a phone larger: there it scrolls
  const fits = Math.min(innerWidth, (innerHeight * small.naturalWidth) / small.naturalHeight);
  large.width = Math.max(fits * 0.96, Math.min(small.naturalWidth, 900));
  dialog.replaceChildren(large);
  dialog.showModal();
}

for (const image of document.querySelectorAll('.bd-article img')) {
  let link = image.closest('a');
  if (!link) {
    link = document.createElement('a');
    link.href = image.src;
    link.className = 'image-reference';
    image.replaceWith(link);
    link.append(image);
  }
  if (!link.matches('.image-reference') || !link.getAttribute('href').includes('_images/'))
    continue;
  link.title = ENLARGE;
  link.addEventListener('click', enlarge);
}

const reach = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth + 1) target.tabIndex = 0;
    else target.removeAttribute('tabindex');
  }
});
document.querySelectorAll('.bd-article table').forEach((table) => reach.observe(table));
