// Runs before the page comes to life: notes what somebody changes in a form until then, so that it can be done again.
(() => {
  const changed = new Map();
  const note = ({ target }) => {
    if (target instanceof HTMLElement && target.matches('input, select, textarea'))
      changed.set(target, { value: target.value, checked: target.checked === true });
  };
  for (const type of ['input', 'change']) document.addEventListener(type, note, true);
  window.takeEarlyChanges = () => {
    for (const type of ['input', 'change']) document.removeEventListener(type, note, true);
    return [...changed];
  };
})();
