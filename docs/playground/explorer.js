// <block-explorer preset="3a">: an Inception block under sliders, the naive block beside it.
// @ts-check
import { blocks, costs, show } from './costs.js';
import { diagram } from './diagram.js';
import { element } from './dom.js';
import { WORDS } from './words.js';

/**
 * @typedef {import('./costs.js').Values} Values
 * @typedef {import('./costs.js').Costs} Costs
 * @typedef {keyof Values} Name
 * @typedef {'inception' | 'naive'} Kind
 */

// what tools/playground.py writes: the paper's blocks, the sliders and the colours
/** @type {{presets: Record<string, Values>, colours: Record<string, string>,
 *    sliders: Record<Name, {label: string, branch: string | null, most: number}>}} */
const { presets, sliders, colours } = await (
  await fetch(new URL('blocks.json', import.meta.url))
).json();
const NAMES = /** @type {Name[]} */ (Object.keys(sliders));
const KINDS = /** @type {Kind[]} */ (['inception', 'naive']);

let explorers = 0; // so that each explorer of a page has ids of its own

/**
 * Make the label, the slider and the shown value of one number.
 * @param {Name} name
 * @param {string} id
 */
function slider(name, id) {
  const { label, branch, most } = sliders[name];
  const style = branch ? `--branch: ${colours[branch]}` : '';
  const words = [WORDS.labels[name]];
  return {
    label: element(
      'label',
      { for: id },
      ...(branch ? [element('code', {}, label), ' '] : []),
      ...words,
    ),
    input: element('input', { id, style, type: 'range', min: '1', max: String(most) }),
    // silent: a screen reader reads the slider's own value
    output: element('output', { for: id, 'aria-live': 'off' }),
  };
}

/**
 * A table of both blocks: a column each, and their ratio.
 * @param {Record<Kind, Costs>} found
 * @param {Record<Kind, string>} outputs
 * @param {Record<'parameters' | 'macs', string>} ratios
 */
function rows(found, outputs, ratios) {
  /** @param {'th' | 'td'} tag @param {string[]} cells */
  const row = (tag, [first, ...cells]) =>
    element(
      'tr',
      {},
      element('th', { scope: tag === 'th' ? 'col' : 'row' }, first),
      ...cells.map((cell) => element(tag, tag === 'th' ? { scope: 'col' } : {}, cell)),
    );
  const counts = /** @type {const} */ (['parameters', 'macs']).map((what) =>
    row('td', [WORDS.rows[what], ...KINDS.map((kind) => show(found[kind][what])), ratios[what]]),
  );
  return [
    element('thead', {}, row('th', ['', ...KINDS.map((kind) => WORDS.names[kind]), WORDS.ratio])),
    element(
      'tbody',
      {},
      row('td', [WORDS.rows.output, ...KINDS.map((kind) => outputs[kind]), '']),
      ...counts,
    ),
  ];
}

/**
 * The multiply-adds of both blocks as bars on one scale, a piece for each branch.
 * @param {Record<Kind, Costs>} found
 */
function bars(found) {
  const most = Math.max(...KINDS.map((kind) => found[kind].macs));
  return KINDS.flatMap((kind) => {
    const pieces = Object.entries(found[kind].macsOf).filter(([, macs]) => macs > 0);
    const told = pieces.map(([branch, macs]) => `${branch} ${show(macs)}`).join(', ');
    return [
      element('span', {}, WORDS.names[kind]),
      element(
        'div',
        { class: 'bar', role: 'img', 'aria-label': told },
        ...pieces.map(([branch, macs]) =>
          element('span', {
            style: `--branch: ${colours[branch]}; width: ${(100 * macs) / most}%`,
          }),
        ),
      ),
    ];
  });
}

/**
 * Fill `host` with the sliders and with what follows from them.
 * @param {HTMLElement} host
 */
function explore(host) {
  const id = `block-explorer-${++explorers}`;
  const options = Object.keys(presets).map((name) =>
    element('option', { value: name }, `inception (${name})`),
  );
  const own = element('option', { value: '' }, WORDS.own);
  const preset = element('select', { id }, ...options, own);
  const parts = NAMES.map((name) => slider(name, `${id}-${name}`));
  const sentence = element('p', { role: 'status' });
  const table = element('table');
  const drawn = element('div', { class: 'bars' });
  const figures = KINDS.map((kind) => ({ kind, place: element('div', { class: 'drawing' }) }));
  host.replaceChildren(
    element(
      'div',
      { class: 'controls' },
      element('label', { for: id }, WORDS.preset),
      preset,
      ...parts.flatMap(({ label, input, output }) => [label, input, output]),
    ),
    element(
      'div',
      { class: 'numbers' },
      table,
      element('p', { class: 'caption' }, WORDS.bars),
      drawn,
      sentence,
    ),
    ...figures.map(({ kind, place }) =>
      element('figure', {}, element('figcaption', {}, WORDS.names[kind]), place),
    ),
  );

  /** Move every slider to where the chosen block of the paper has it. */
  function choose() {
    const values = presets[preset.value];
    if (values) NAMES.forEach((name, i) => (parts[i].input.value = String(values[name])));
  }

  /** Bring numbers and diagrams to where the sliders stand. */
  function update() {
    const values = /** @type {Values} */ ({});
    NAMES.forEach((name, i) => {
      values[name] = parts[i].input.valueAsNumber;
      parts[i].output.textContent = parts[i].input.value;
    });
    const { size, c_in } = values;
    preset.value =
      Object.keys(presets).find((key) =>
        NAMES.every((name) => presets[key][name] === values[name]),
      ) ?? '';
    const both = blocks(values);
    const found = { inception: costs(both.inception, size), naive: costs(both.naive, size) };
    /** @param {Kind} kind */
    const output = (kind) => `${found[kind].output} × ${size} × ${size}`;
    const outputs = { inception: output('inception'), naive: output('naive') };
    /** @param {'parameters' | 'macs'} what */
    const ratio = (what) => (found.naive[what] / found.inception[what]).toFixed(2);
    const ratios = { parameters: ratio('parameters'), macs: ratio('macs') };
    const { parameters, macs } = found.inception;
    sentence.textContent = WORDS.sentence(
      outputs.inception,
      show(parameters),
      show(macs),
      ratios.macs,
    );
    table.replaceChildren(...rows(found, outputs, ratios));
    drawn.replaceChildren(...bars(found));
    for (const { kind, place } of figures) {
      const { channels } = found[kind];
      place.replaceChildren(diagram(both[kind], WORDS.names[kind], c_in, size, channels, colours));
    }
  }

  preset.addEventListener('input', choose); // before the event reaches the host
  host.addEventListener('input', update);
  preset.value = host.getAttribute('preset') ?? '';
  choose();
  update();
}

class BlockExplorer extends HTMLElement {
  connectedCallback() {
    explore(this);
    // on the page of a lesson, the picture that was stored in its place gives way to it
    const still = this.closest('.output')?.previousElementSibling;
    if (still instanceof HTMLElement) still.hidden = true;
  }
}

customElements.define('block-explorer', BlockExplorer);
