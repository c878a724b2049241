// <where-it-looks files="network/">: class map and occlusion of the image at hand, laid upon it.
// @ts-check
import { element } from './dom.js';
import { AGAINST, channelsOf, FOR, layered, mean, paint } from './maps.js';
import { define, SIDE, softmax } from './network.js';
import { occlusion, PATCH, PLACES, STRIDE } from './occlude.js';
import { samples } from './samples.js';
import { CLASSES, LOOKS } from './words.js';

const COVERS = /** @type {const} */ (['grey', 'black']);
const FAINT = 0.05; // a change of probability that is no more does not get the full colour

let views = 0; // so that each view of a page has names of its own

define('where-it-looks', (host, network) => {
  const id = `where-it-looks-${++views}`;
  const classes = element('select', { id: `${id}-class` });
  const strength = element('input', {
    id: `${id}-strength`,
    type: 'range',
    min: '0',
    max: '100',
    value: '70',
  });
  const covers = COVERS.map((value) =>
    element('input', { type: 'radio', name: `${id}-cover`, value }),
  );
  const button = element('button', { type: 'button' });
  const progress = element('progress', { max: String(PLACES ** 2), 'aria-label': LOOKS.progress });
  const [ofClass, ofCover] = [0, 1].map(() =>
    element('canvas', { class: 'map', 'aria-hidden': 'true' }),
  );
  const classMap = layered(LOOKS.classMap, ofClass);
  const coverMap = layered(LOOKS.occlusion, ofCover);
  const classStatus = element('p', { role: 'status' });
  const coverStatus = element('p', { role: 'status' });
  const margin = (PATCH - STRIDE) / 2 / SIDE; // the map has the middles of the squares
  ofCover.style.setProperty('--margin', `${100 * margin}%`);
  /** @type {Float32Array} */
  let scores = new Float32Array();
  /** @type {Float32Array[]} */
  let maps = [];
  /** @type {number[]} */
  let shares = [];
  /** @type {number[][]} */
  let found = []; // the probabilities at each place that was covered
  let took = ''; // the sentence that tells how long
  let round = 0;
  let running = false;

  const chosen = () => classes.selectedIndex;

  function drawClassMap() {
    const c = chosen();
    const map = maps[c];
    paint(ofClass, map, Math.max(...map.map(Math.abs)), FOR, AGAINST);
    classStatus.textContent = LOOKS.sum(
      Array.from(map, (value) => value.toFixed(2)).join(LOOKS.and),
      mean(map).toFixed(2),
      (scores[c] - mean(map)).toFixed(2),
      CLASSES[c],
      scores[c].toFixed(2),
    );
  }

  function drawOcclusion() {
    const c = chosen();
    const lost = found.map((row) => shares[c] - row[c]);
    const most = Math.max(FAINT, ...lost.map(Math.abs));
    const all = new Float32Array(PLACES ** 2);
    all.set(lost);
    paint(ofCover, all, most, FOR, AGAINST);
    progress.value = found.length;
    button.textContent = running ? LOOKS.stop : LOOKS.start(PLACES ** 2);
    coverMap.set(null, SIDE);
    if (found.length < all.length) {
      coverStatus.textContent = running ? '' : LOOKS.toDo(PATCH);
      return;
    }
    const best = lost.indexOf(Math.max(...lost));
    const [before, after] = [shares[c], found[best][c]].map((share) => share.toFixed(2));
    const falls = before !== after;
    if (falls) {
      const left = (best % PLACES) * STRIDE, top = Math.floor(best / PLACES) * STRIDE; // prettier-ignore
      coverMap.set({ left, top, size: PATCH }, SIDE);
    }
    const words = falls ? LOOKS.falls : LOOKS.unmoved;
    coverStatus.textContent = words(CLASSES[c], before, after, most.toFixed(2)) + took;
  }

  /** Forget what was covered, and stop covering. */
  function forget() {
    round++;
    running = false;
    found = [];
    drawOcclusion();
  }

  async function cover() {
    if (running) return forget();
    forget();
    const mine = round;
    const start = performance.now();
    const level = covers[1].checked ? 0 : 255 * network.told.mean;
    running = true;
    drawOcclusion();
    for await (const row of occlusion(network, network.picture.pixels, level)) {
      if (mine !== round) return; // stopped, or another image came meanwhile
      found.push(...row);
      running = found.length < PLACES ** 2;
      took = LOOKS.time(((performance.now() - start) / 1000).toFixed(1));
      drawOcclusion();
    }
  }

  async function update() {
    const { picture } = network;
    const made = await network.run(picture.pixels, {}, ['scores', 'class_maps']);
    ({ scores } = made);
    maps = channelsOf(made.class_maps, CLASSES.length);
    [shares] = softmax(scores);
    classes.replaceChildren(
      ...CLASSES.map((label, c) => element('option', {}, `${label} ${shares[c].toFixed(2)}`)),
    );
    classes.selectedIndex = shares.indexOf(Math.max(...shares));
    for (const { draw } of [classMap, coverMap]) draw(picture.pixels);
    drawClassMap();
    forget();
  }

  const fade = () => host.style.setProperty('--strength', `${strength.value}%`);
  covers[0].checked = true;
  fade();
  strength.addEventListener('input', fade);
  button.addEventListener('click', cover);
  classes.addEventListener('change', () => {
    drawClassMap();
    drawOcclusion();
  });
  for (const radio of covers) radio.addEventListener('change', forget);
  host.append(
    element(
      'div',
      { class: 'controls' },
      samples(network, `${id}-sample`),
      element(
        'p',
        {},
        element('label', { for: classes.id }, LOOKS.class),
        classes,
        element('label', { for: strength.id }, LOOKS.strength),
        strength,
      ),
      element('p', { class: 'caption' }, LOOKS.legend),
    ),
    element(
      'div',
      {},
      element('h3', {}, LOOKS.classMap),
      element('figure', {}, classMap.box),
      classStatus,
    ),
    element(
      'div',
      {},
      element('h3', {}, LOOKS.occlusion),
      element('figure', {}, coverMap.box),
      element(
        'fieldset',
        { class: 'fill' },
        element('legend', {}, LOOKS.cover),
        ...COVERS.map((kind, i) => element('label', {}, covers[i], ` ${LOOKS.covers[kind]}`)),
      ),
      button,
      progress,
      coverStatus,
    ),
  );
  return network.follow(update);
});
