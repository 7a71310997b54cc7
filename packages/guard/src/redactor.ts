export type Redactor = (text: string) => string;

/** Replaces every known secret in a text by ***. Secrets shorter than 6 characters are left out: they would hit words. */
export function createRedactor(secrets: Iterable<string>): Redactor {
  const known = [...new Set(secrets)].filter((secret) => secret.length >= 6).sort((a, b) => b.length - a.length);
  return (text) => known.reduce((clean, secret) => clean.replaceAll(secret, "***"), text);
}
