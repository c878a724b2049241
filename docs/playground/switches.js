// <branch-switches files="network/">: each of the 36 branches can be switched off.
// @ts-check
import { element } from './dom.js';
import { define, probabilityTable } from './network.js';
import { SWITCHES, WORDS } from './words.js';

const STEP = 10; // images that are computed between two looks at the switches
const FILLS = /** @type {const} */ (['zero', 'mean']);

/** @typedef {import('./network.js').Network} Network */

let boards = 0; // so that each board of a page has names of its own

define('branch-switches', (host, network) => {
  const name = `branch-switches-${++boards}`;
  const { branches, labels, colours, best, right: whole } = network.told;
  const boxes = branches.map(([branch]) =>
    element('input', {
      type: 'checkbox',
      role: 'switch',
      'aria-label': branch.replace('.', ' '),
      style: `--branch: ${colours[branch.split('.')[1]]}`,
    }),
  );
  const fills = FILLS.map((fill) => element('input', { type: 'radio', name, value: fill }));
  const allOn = element('button', { type: 'button' }, SWITCHES.allOn);
  const status = element('p', { role: 'status' });
  const progress = element('progress', {
    max: String(labels.length),
    'aria-label': SWITCHES.progress,
  });
  const { table: probabilities, set } = probabilityTable();
  probabilities.caption?.replaceChildren(SWITCHES.picture);
  let round = 0;

  /** @returns {'zero' | 'mean'} */
  const fill = () => (fills[1].checked ? 'mean' : 'zero');

  /** What the switches say to the network. */
  function gating() {
    const gates = Float32Array.from(boxes, (box) => Number(box.checked));
    const offsets = new Float32Array(network.means.length);
    let first = 0;
    branches.forEach(([, channels], i) => {
      const end = first + channels;
      if (!gates[i] && fill() === 'mean') {
        offsets.set(network.means.subarray(first, end), first);
      }
      first = end;
    });
    return { gates, offsets };
  }

  /** Tell what the image at hand is without the branches that are off. */
  async function answer() {
    const now = round;
    const [shares] = await network.probabilities(network.picture.pixels, gating());
    if (now === round) set(shares);
  }

  /** Do so for all test images too. */
  async function update() {
    const mine = ++round;
    const now = gating();
    await answer();
    const size = network.images.length / labels.length;
    let right = 0;
    for (let first = 0; first < labels.length; first += STEP) {
      if (mine !== round) return; // a switch moved meanwhile
      progress.value = first;
      const images = network.images.subarray(first * size, (first + STEP) * size);
      const found = await network.probabilities(images, now);
      found.forEach((row, i) => {
        if (row.indexOf(Math.max(...row)) === labels[first + i]) right++;
      });
    }
    if (mine !== round) return;
    progress.value = labels.length;
    const off = boxes.filter((box) => !box.checked).length;
    status.textContent = SWITCHES.result(off, right, labels.length, whole);
  }

  /**
   * Switch `off` these branches and all others on.
   * @param {string[]} off
   */
  function put(off) {
    branches.forEach(([branch], i) => (boxes[i].checked = !off.includes(branch)));
    update();
  }

  const answers = FILLS.map((kind) => {
    const found = best[kind];
    const names = found.branches.map((branch) => branch.replace('.', ' ')).join(', ');
    const button = element('button', { type: 'button' }, SWITCHES.tryIt);
    button.addEventListener('click', () => {
      fills[FILLS.indexOf(kind)].checked = true;
      put(found.branches);
    });
    const words = SWITCHES.best(names, SWITCHES.fills[kind], found.right, labels.length);
    return element('p', {}, `${words} `, button);
  });

  const rows = [...new Set(branches.map(([branch]) => branch.split('.')[0]))].map((block, row) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, block),
      ...boxes.slice(4 * row, 4 * row + 4).map((box) => element('td', {}, box)),
    ),
  );
  host.append(
    element(
      'div',
      { class: 'board' },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ...[SWITCHES.block, ...SWITCHES.branches].map((head) =>
              element('th', { scope: 'col' }, head),
            ),
          ),
        ),
        element('tbody', {}, ...rows),
      ),
      element(
        'fieldset',
        { class: 'fill' },
        element('legend', {}, `${SWITCHES.off}${WORDS.colon}`),
        ...FILLS.map((kind, i) => element('label', {}, fills[i], ` ${SWITCHES.fills[kind]}`)),
      ),
      allOn,
    ),
    element(
      'div',
      { class: 'answer' },
      progress,
      status,
      probabilities,
      element('h3', {}, SWITCHES.game),
      element('p', {}, SWITCHES.gameHelp),
      element(
        'details',
        {},
        element('summary', {}, SWITCHES.show),
        ...answers,
        element('p', {}, SWITCHES.searched),
      ),
    ),
  );
  fills[0].checked = true;
  allOn.addEventListener('click', () => put([]));
  for (const input of [...boxes, ...fills]) input.addEventListener('change', update);
  put([]);
  network.addEventListener('picture', answer);
});
