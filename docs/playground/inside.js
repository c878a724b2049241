// <branch-maps files="network/">: what each branch of the network makes of the image at hand.
// @ts-check
import { byRows, choice, element } from './dom.js';
import { channelsOf, highest, layered, mean, paint, seen, strongest } from './maps.js';
import { define, SIDE } from './network.js';
import { samples } from './samples.js';
import { CLASSES, INSIDE, SWITCHES } from './words.js';

const STRONGEST = 4; // channels that a branch shows beside the others
const TILE = 28; // the side of an image of the sample

/** @typedef {import('./network.js').Network} Network */

/**
 * Fetch what tools/playground_network.py found in the sample: for each channel the images that excite it
 * most, image * places + place, its highest value, and the images, on one sheet.
 * @param {Network} network
 */
async function sample(network) {
  const [numbers, values, sheet] = await Promise.all([
    network.get('exciting.bin').then((answer) => answer.arrayBuffer()),
    network.get('highest.bin').then((answer) => answer.arrayBuffer()),
    network
      .get('sample.png')
      .then((answer) => answer.blob())
      .then((blob) => createImageBitmap(blob, { colorSpaceConversion: 'none' })),
  ]);
  return { exciting: new Uint16Array(numbers), most: new Float32Array(values), sheet };
}

let views = 0; // so that each view of a page has names of its own

define('branch-maps', async (host, network) => {
  const { exciting, most, sheet } = await sample(network);
  const name = `branch-maps-${++views}`;
  const { branches, colours, fields, sample: classes } = network.told;
  const shown = exciting.length / most.length; // images of a channel
  const cells = branches.map(([branch]) => {
    const canvases = Array.from({ length: STRONGEST }, () => element('canvas'));
    const maps = element('span', { class: 'maps', 'aria-hidden': 'true' }, ...canvases);
    maps.style.setProperty('--branch', colours[branch.split('.')[1]]);
    return { ...choice(`${name}-branch`, branch, () => open(branch), maps), canvases };
  });
  const heading = element('h3');
  const scale = element('p', { class: 'caption' });
  const channelBox = byRows(element('div', { class: 'channels' }));
  const mapBox = byRows(element('div', { class: 'cells' }));
  const mapCaption = element('figcaption');
  const image = layered(INSIDE.image);
  const status = element('p', { role: 'status' });
  const excitingTitle = element('p', { class: 'caption' });
  const excitingBox = element('div', { class: 'exciting' });
  const detail = element(
    'div',
    { class: 'detail' },
    heading,
    scale,
    channelBox,
    element(
      'div',
      { class: 'closeup' },
      element('figure', {}, mapBox, mapCaption),
      element('figure', {}, image.box, element('figcaption', {}, INSIDE.framed)),
    ),
    status,
    excitingTitle,
    excitingBox,
  );
  /** @type {Record<string, Float32Array>} */
  let maps = {};
  let branch = branches[0][0];
  let channel = -1; // the strongest

  /** The channels of the branch that is open, and what belongs to it. */
  function opened() {
    const index = branches.findIndex(([other]) => other === branch);
    const first = branches.slice(0, index).reduce((sum, [, count]) => sum + count, 0);
    const channels = channelsOf(maps[branch], branches[index][1]);
    const side = Math.sqrt(channels[0].length);
    return { channels, side, first, colour: colours[branch.split('.')[1]], field: fields[branch] };
  }

  /** Show the strongest channels of all branches. */
  function overview() {
    branches.forEach(([other, count], i) => {
      const channels = channelsOf(maps[other], count);
      const best = strongest(channels, STRONGEST);
      const full = highest(channels);
      const colour = colours[other.split('.')[1]];
      best.forEach((c, k) => paint(cells[i].canvases[k], channels[c], full, colour));
      const words = INSIDE.branch(other.replace('.', ' '), best.join(', '));
      cells[i].radio.setAttribute('aria-label', words);
      cells[i].label.title = words;
    });
  }

  /**
   * Show all channels of a branch, and its strongest one in full.
   * @param {string} chosen
   */
  function open(chosen) {
    branch = chosen;
    channel = -1;
    list();
  }

  /** Show the channels of the branch that is open. */
  function list() {
    const { channels, side, colour } = opened();
    if (channel < 0) [channel] = strongest(channels, 1);
    const full = highest(channels);
    const silent = channels.filter((map) => map.every((value) => value === 0)).length;
    heading.textContent = INSIDE.heading(branch.replace('.', ' '), channels.length, side);
    scale.textContent = INSIDE.scale(full.toFixed(2), silent);
    detail.style.setProperty('--branch', colour);
    const choices = channels.map((map, c) => {
      const canvas = element('canvas', { 'aria-hidden': 'true' });
      paint(canvas, map, full, colour);
      const words = INSIDE.channel(c, mean(map).toFixed(2));
      const made = choice(`${name}-channel`, words, () => enlarge(c), canvas);
      made.radio.checked = c === channel;
      return made.label;
    });
    channelBox.replaceChildren(...choices);
    enlarge(channel);
  }

  /**
   * Show one channel in full, with the images that excite it most.
   * @param {number} chosen
   */
  function enlarge(chosen) {
    channel = chosen;
    const { channels, side, first, colour, field } = opened();
    const map = channels[channel];
    const full = most[first + channel];
    const best = map.indexOf(Math.max(...map));
    mapBox.style.setProperty('--side', String(side));
    mapCaption.textContent = INSIDE.caption(channel, full.toFixed(2));
    const places = Array.from(map, (value, place) => {
      const canvas = element('canvas', { 'aria-hidden': 'true' });
      paint(canvas, [value], full, colour);
      const at = /** @type {const} */ ([Math.floor(place / side), place % side, value.toFixed(2)]);
      const point = () => {
        const square = seen(field, side, place);
        const { left, top, size } = square;
        const all = Math.max(left, top) <= 0 && Math.min(left, top) + size >= SIDE;
        image.set(square, SIDE);
        status.textContent = (all ? INSIDE.seesAll : INSIDE.sees)(...at, size);
      };
      const made = choice(`${name}-place`, INSIDE.place(...at), point, canvas);
      made.radio.checked = place === best;
      if (place === best) point();
      return made.label;
    });
    mapBox.replaceChildren(...places);
    excitingTitle.textContent =
      full > 0
        ? INSIDE.exciting(shown, classes.length, channel)
        : INSIDE.never(channel, classes.length);
    const found = exciting.subarray((first + channel) * shown, (first + channel + 1) * shown);
    excitingBox.replaceChildren(
      ...(full > 0 ? Array.from(found, (code) => excitingImage(code, side, field)) : []),
    );
  }

  /**
   * An image of the sample, with a frame around what excites the channel.
   * @param {number} code
   * @param {number} side
   * @param {import('./maps.js').Field} field
   */
  function excitingImage(code, side, field) {
    const number = Math.floor(code / side ** 2);
    const label = CLASSES[classes[number]];
    const made = layered(label);
    const columns = sheet.width / TILE;
    const [left, top] = [number % columns, Math.floor(number / columns)].map((at) => at * TILE);
    made.image.width = made.image.height = TILE;
    made.image.getContext('2d')?.drawImage(sheet, left, top, TILE, TILE, 0, 0, TILE, TILE);
    made.set(seen(field, side, code % side ** 2), SIDE);
    return element('figure', {}, made.box, element('figcaption', { 'aria-hidden': 'true' }, label));
  }

  async function update() {
    const { picture } = network;
    maps = await network.run(
      picture.pixels,
      {},
      branches.map(([other]) => other),
    );
    image.draw(picture.pixels);
    overview();
    list();
  }

  /** @param {string} block */
  const sizes = (block) => {
    const inside = branches.filter(([other]) => other.startsWith(`${block}.`));
    const channels = inside.reduce((sum, [, count]) => sum + count, 0);
    const side = Math.sqrt(maps[inside[0][0]].length / inside[0][1]);
    return `${channels} × ${side} × ${side}`;
  };
  await network.follow(update);
  cells[0].radio.checked = true;
  const rows = [...new Set(branches.map(([other]) => other.split('.')[0]))].map((block, row) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, block, element('small', {}, sizes(block))),
      ...cells.slice(4 * row, 4 * row + 4).map(({ label }) => element('td', {}, label)),
    ),
  );
  const heads = [SWITCHES.block, ...SWITCHES.branches];
  const table = element(
    'table',
    {},
    element('caption', {}, INSIDE.table(STRONGEST)),
    element(
      'thead',
      {},
      element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head))),
    ),
    element('tbody', {}, ...rows),
  );
  byRows(table);
  // where the detail stands below the table, a hand that has chosen a branch sees what it chose
  table.addEventListener('click', (event) => {
    const chosen = event.target instanceof Element && event.target.closest('.choice');
    if (event.detail && chosen && matchMedia('(max-width: 700px)').matches)
      heading.scrollIntoView();
  });
  host.append(
    samples(network, `${name}-sample`),
    element('div', { class: 'board' }, table),
    detail,
  );
});
