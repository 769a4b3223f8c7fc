// Runs before the first paint, so that the chosen theme does not flash. The key is mode-watcher's.
(() => {
  const root = document.documentElement;
  root.classList.add('js');
  let mode = 'system';
  try {
    mode = localStorage.getItem('mode-watcher-mode') ?? 'system';
  } catch {
    // Storage may be denied; the system's preference is used then.
  }
  const dark = mode === 'dark' || (mode === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.classList.add(dark ? 'dark' : 'light');
  root.style.colorScheme = dark ? 'dark' : 'light';
})();
