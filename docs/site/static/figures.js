// A figure opens large: by a click, or by Enter when it has the focus. A table that is wider than the page
// can have the focus too, so that the arrow keys scroll it.
const ENLARGE = document.documentElement.lang.startsWith('zh') ? '放大' : 'Enlarge';
const dialog = document.createElement('dialog');
dialog.className = 'figure-large';
document.body.append(dialog);
dialog.addEventListener('click', () => dialog.close());
// beside the theme's scripts, Escape alone left it open
dialog.addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') dialog.close();
});

/**
 * Show an image large.
 * @param {MouseEvent} event
 * @param {HTMLImageElement} small
 */
function enlarge(event, small) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab or window
  event.preventDefault();
  const large = new Image();
  large.src = small.src;
  large.alt = small.alt;
  // as large as the window allows, and on a phone larger: there it scrolls
  const fits = Math.min(innerWidth, (innerHeight * small.naturalWidth) / small.naturalHeight);
  large.width = Math.max(fits * 0.96, Math.min(small.naturalWidth, 900));
  dialog.replaceChildren(large);
  dialog.showModal();
}

/** @type {NodeListOf<HTMLImageElement>} */
const images = document.querySelectorAll('.bd-article img');
for (const image of images) {
  let link = image.closest('a');
  if (!link) {
    link = document.createElement('a');
    link.href = image.src;
    link.className = 'image-reference';
    image.replaceWith(link);
    link.append(image);
  }
  if (!link.matches('.image-reference') || !link.href.includes('_images/')) continue;
  link.title = ENLARGE;
  link.addEventListener('click', (event) => enlarge(event, image));
}

const reach = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth + 1) target.setAttribute('tabindex', '0');
    else target.removeAttribute('tabindex');
  }
});
document.querySelectorAll('.bd-article table').forEach((table) => reach.observe(table));
