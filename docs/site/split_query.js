// Divide a query as the index was divided. Chinese writes no spaces and the index holds words, so what
// is typed is cut, from left to right, into the longest words that the index knows.
function splitQuery(query) {
  const known = (word) =>
    Object.hasOwn(Search._index.terms, word) || Object.hasOwn(Search._index.titleterms, word);
  const parts = [];
  for (const run of query.split(/[^\p{Letter}\p{Number}_]+/u)) {
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
