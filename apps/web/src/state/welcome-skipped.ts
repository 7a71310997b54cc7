const key = "anywork.welcome.skipped";
let isSkippedHere = false;

/** Whoever skipped the first steps is not led there again while this tab is open. */
export function skipWelcome(): void {
  isSkippedHere = true;
  try {
    sessionStorage.setItem(key, "1");
  } catch {
    // Storage is blocked: it holds until the page is loaded again.
  }
}

export function hasSkippedWelcome(): boolean {
  try {
    return isSkippedHere || sessionStorage.getItem(key) !== null;
  } catch {
    return isSkippedHere;
  }
}
