// Before the first paint, so that a dark room stays dark. Its twin is src/app/theme.ts.
(() => {
  let choice = null;
  try {
    choice = localStorage.getItem('xo.theme');
  } catch {
    // A browser that keeps nothing for us shows the system's theme.
  }
  const isDark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.classList.toggle('pf-v6-theme-dark', isDark);
})();
