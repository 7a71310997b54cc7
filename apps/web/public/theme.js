// Runs before the first paint, so that the page never flashes in the other theme. "system" leaves it to the media query.
try {
  const theme = localStorage.getItem("anywork.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme it is.
}
