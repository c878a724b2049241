// What a Predict asks for waits behind a button: the outputs of the cells that follow it, and the paragraph
// after them, which states the answer. On paper, and without this script, all of it shows.
const ALL = {
  en: { show: 'Show the answer', hide: 'Hide the answer', all: 'Show the answer to every Predict' },
  zh: { show: '看答案', hide: '收起答案', all: '所有“先猜一猜”都显示答案' },
};
const WORDS = document.documentElement.lang.startsWith('zh') ? ALL.zh : ALL.en;

/**
 * Return the parts that wait for the prediction in this quote.
 * @param {Element} quote
 */
function waiting(quote) {
  const parts = [];
  let next = quote.nextElementSibling;
  while (next && !next.matches('.cell, section')) next = next.nextElementSibling;
  for (; next?.matches('.cell'); next = next.nextElementSibling) {
    for (const output of next.querySelectorAll('.cell_output > *')) {
      // sliders and switches are what one answers with
      if (!output.querySelector('script')) parts.push(output);
    }
  }
  if (next?.matches('p')) parts.push(next);
  return parts;
}

/** @type {((open: boolean) => void)[]} */
const groups = [];
for (const mark of document.querySelectorAll('.bd-article blockquote strong:first-child')) {
  const quote = mark.closest('blockquote');
  if (!quote || !['Predict.', '先猜一猜。'].includes(mark.textContent)) continue;
  const parts = waiting(quote);
  if (!parts.length) continue;
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'answer-button';
  parts[0].before(button);
  /** @param {boolean} open */
  const show = (open) => {
    parts.forEach((part) => part.classList.toggle('answer-waits', !open));
    button.ariaExpanded = String(open);
    button.textContent = open ? WORDS.hide : WORDS.show;
  };
  button.addEventListener('click', () => show(button.ariaExpanded === 'false'));
  groups.push(show);
}

if (groups.length) {
  const line = document.createElement('label');
  line.className = 'answers-switch';
  const box = document.createElement('input');
  box.type = 'checkbox';
  box.checked = localStorage.getItem('answers') === 'shown';
  line.append(box, ` ${WORDS.all}`);
  document.querySelector('.lesson-links')?.after(line);
  const showAll = () => groups.forEach((show) => show(box.checked));
  box.addEventListener('change', () => {
    localStorage.setItem('answers', box.checked ? 'shown' : 'wait');
    showAll();
  });
  showAll();
}
