// The page of questions: an answer is checked at once, in the browser alone.
// @ts-check
{
  const words = /** @type {HTMLScriptElement} */ (document.currentScript).dataset;

  /**
   * Read a number as people write it: 12345, 12 345, 12,345 or 0,5. NaN where there is none.
   * @param {string} text
   */
  function number(text) {
    const plain = text.replace(/[\s_]/g, '').replace('−', '-');
    const grouped = /^-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?$/.test(plain);
    return plain ? Number(grouped ? plain.replaceAll(',', '') : plain.replace(',', '.')) : NaN;
  }

  /** @type {NodeListOf<HTMLFormElement>} */
  const forms = document.querySelectorAll('form.question');
  for (const form of forms) {
    const { answer = '', tolerance } = form.dataset;
    const told = /** @type {HTMLOutputElement} */ (form.querySelector('output'));
    const details = /** @type {HTMLDetailsElement} */ (form.querySelector('details'));
    /** @type {HTMLElement} */ (form.querySelector('.check')).hidden = false;

    /** @param {'right' | 'wrong' | 'empty' | 'noNumber' | ''} state */
    const show = (state) => {
      form.dataset.state = state;
      told.textContent = words[state] ?? '';
    };
    form.addEventListener('input', () => show(''));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const given = String(new FormData(form).get('answer') ?? '');
      if (tolerance === undefined) {
        show(given === '' ? 'empty' : given === answer ? 'right' : 'wrong');
      } else if (Number.isNaN(number(given))) {
        show('noNumber');
      } else {
        // a number on the border counts as right
        const apart = Math.abs(number(given) - Number(answer));
        show(apart <= Number(tolerance) + 1e-9 ? 'right' : 'wrong');
      }
      if (form.dataset.state === 'right') details.open = true;
    });
  }
}
