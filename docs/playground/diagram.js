// The diagram of a block, as `d2l_ext.figures.block_diagram` draws it: read from the input upwards.
// @ts-check
import { WORDS } from './words.js';

/** @typedef {import('./costs.js').Block} Block */

const LANE = 92, BOX = 40, GAP = 20, NAMED_GAP = 38, MARGIN = 5, HEAD = 5; // prettier-ignore
const WIDTH = 4 * LANE;

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 * @param {(Node | string)[]} children
 */
function svg(name, attributes, ...children) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.append(...children);
  return made;
}

/**
 * A box with up to two lines of text in it; `bottom` counts from the top of the picture, as y does.
 * @param {number} left
 * @param {number} width
 * @param {number} bottom
 * @param {string[]} lines
 */
function box(left, width, bottom, lines) {
  const middle = bottom - BOX / 2 - (lines.length - 1) * 8;
  return [
    svg('rect', {
      x: left + MARGIN,
      y: bottom - BOX,
      width: width - 2 * MARGIN,
      height: BOX,
      rx: 4,
    }),
    ...lines.map((line, i) =>
      svg('text', { x: left + width / 2, y: middle + i * 16, class: 'label' }, line),
    ),
  ];
}

/**
 * @param {number} x
 * @param {number} from
 * @param {number} to
 */
function arrow(x, from, to) {
  return svg('path', { d: `M${x} ${from}V${to + 5}m-4 0h8l-4 -5z` });
}

/**
 * Draw `block` on an input of `channels` x `size` x `size`, each branch in its colour.
 * @param {Block} block
 * @param {string} name
 * @param {number} channels
 * @param {number} size
 * @param {number[]} made the channels that the branches put out
 * @param {Record<string, string>} colours
 */
export function diagram(block, name, channels, size, made, colours) {
  const tallest = Math.max(...Object.values(block).map((steps) => steps.length));
  const height = HEAD + BOX + GAP + tallest * BOX + (tallest - 1) * GAP + NAMED_GAP + BOX + HEAD;
  const floor = height - HEAD - BOX;
  const output = made.reduce((total, number) => total + number, 0);
  const source = `${WORDS.input}${WORDS.colon}${channels} × ${size} × ${size}`;
  const sum = WORDS.concat(`${made.join(' + ')} = ${output}`);
  const goal = `${WORDS.output}${WORDS.colon}${output} × ${size} × ${size}`;
  const parts = [svg('g', {}, ...box(0, WIDTH, height - HEAD, [source]))];
  /** @type {string[]} */
  const told = [];
  Object.entries(block).forEach(([branch, steps], lane) => {
    const left = lane * LANE, middle = left + LANE / 2; // prettier-ignore
    const group = svg('g', { style: `--branch: ${colours[branch]}` });
    let top = floor;
    const texts = steps.map(({ kernel, from, to }, i) => {
      const bottom = top - (i === 0 ? NAMED_GAP : GAP);
      const grid = `${kernel}×${kernel}`;
      const lines =
        to === undefined ? [grid, WORDS.pool] : [`${grid} ${WORDS.conv}`, `${from} → ${to}`];
      group.append(arrow(middle, top, bottom), ...box(left, LANE, bottom, lines));
      top = bottom - BOX;
      return lines.join(' ');
    });
    group.append(
      arrow(middle, top, HEAD + BOX),
      svg('text', { x: middle, y: floor - NAMED_GAP / 2 - 2, class: 'name' }, branch),
    );
    told.push(`${branch}${WORDS.colon}${texts.join(', ')}`);
    parts.push(group);
  });
  parts.push(svg('g', {}, ...box(0, WIDTH, HEAD + BOX, [sum, goal])));
  const words = [WORDS.diagram(name), source, ...told, sum, goal].join('; ');
  return svg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${height}`, role: 'img', 'aria-label': words },
    ...parts,
  );
}
