// What Sphinx's search in the browser is told: how a result is scored, how a query is divided, and what a
// result's lines say.

// A page that has the words in its title or a heading comes first, then a lesson that has them in its text,
// then the others; of the glossary only the entry counts. Of two equal lessons the earlier one comes first.
var Scorer = {
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
  score([page, , , , score, , kind]) {
    const lesson = page.match(/^(\d\d)_/);
    if (lesson) return score + (score < 15 ? 4 : 0.5) - Number(lesson[1]) / 100;
    return page === 'glossary' && kind === 'text' ? score - 10 : score;
  },
};

// Divide a query as the index was divided: 1×1 is the word 1x1. Chinese writes no spaces and the index holds
// words, so what is typed is cut, from left to right, into the longest words that the index knows.
function splitQuery(query) {
  const known = (word) =>
    Object.hasOwn(Search._index.terms, word) || Object.hasOwn(Search._index.titleterms, word);
  const parts = [];
  const words = query.replace(/(\d)\s*[×x]\s*(?=\d)/g, '$1x');
  for (const run of words.split(/[^\p{Letter}\p{Number}_]+/u)) {
    for (const piece of run.match(/\p{Script=Han}+|\P{Script=Han}+/gu) || []) {
      if (!/\p{Script=Han}/u.test(piece)) {
        parts.push(piece);
        continue;
      }
      for (let start = 0; start < piece.length; ) {
        let end = piece.length;
        while (end > start + 1 && !known(piece.slice(start, end))) end--;
        // one character is no word of the index, unless it is all that was typed
        if (end > start + 1 || piece.length === 1) parts.push(piece.slice(start, end));
        start = end;
      }
    }
  }
  return parts;
}

document.addEventListener('DOMContentLoaded', () => {
  // the lines below a result come from the text, not from the table of contents that is printed above it
  const toText = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, 'text/html');
    page
      .querySelectorAll('#jb-print-docs-body, .bd-header-article, .lesson-links')
      .forEach((part) => part.remove());
    // written as the query is, so that the words searched for are found in the line
    return toText(page.documentElement.outerHTML, anchor).replace(/(\d)\s*×\s*(?=\d)/g, '$1x');
  };
  // two sentences that Sphinx's own translation lacks
  if (document.documentElement.lang.startsWith('zh')) {
    Documentation.addTranslations({
      locale: 'zh_CN',
      plural_expr: '0',
      messages: {
        'Search finished, found one page matching the search query.': [
          '搜索完成，找到 ${resultCount} 处。',
        ],
        "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
          '没有找到。请检查输入的词。',
      },
    });
  }
});
