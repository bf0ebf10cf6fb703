/** A part of the test bench as the project's global setup has compiled it; the source is that of its types. */
export async function compiled<T>(part: string): Promise<T> {
  return (await import(/* @vite-ignore */ new URL(`../../reports/matrix/test/support/${part}.js`, import.meta.url).href)) as T;
}
