// Light or dark: as the system has it, until the key D says otherwise. Paper is light.
function changeTheme() {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
}

document.documentElement.dataset.theme = location.search.includes('print-pdf')
  ? 'light'
  : localStorage.getItem('theme') ||
    (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
