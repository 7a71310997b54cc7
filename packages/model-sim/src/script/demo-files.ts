// The files which the offline demo writes and runs; plain Node, no dependency, no network.

export const primesScript = `// Prints the first 20 primes, one per line.
const primes = [];
for (let n = 2; primes.length < 20; n++) {
  if (primes.every((prime) => n % prime !== 0)) primes.push(n);
}
console.log(primes.join("\\n"));
`;

export const weekScript = `// Writes week.csv beside this script: the days of the current week, Monday first.
import { writeFileSync } from "node:fs";

const today = new Date();
const monday = new Date(today);
monday.setDate(today.getDate() - ((today.getDay() + 6) % 7));

const rows = ["day,date"];
for (let i = 0; i < 7; i++) {
  const day = new Date(monday);
  day.setDate(monday.getDate() + i);
  const date = [day.getFullYear(), day.getMonth() + 1, day.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
  rows.push(day.toLocaleDateString("en", { weekday: "long" }) + "," + date);
}
writeFileSync(new URL("week.csv", import.meta.url), rows.join("\\n") + "\\n");
console.log("wrote week.csv");
`;

export const webPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Hello</title>
    <style>
      body { font: 1.2rem system-ui; display: grid; place-items: center; min-height: 100vh; margin: 0; }
    </style>
  </head>
  <body>
    <h1>Hello</h1>
  </body>
</html>
`;
