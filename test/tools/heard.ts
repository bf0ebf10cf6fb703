// A listener for tests that writes down what it hears and lets them wait for it.
import { hex } from "../../src/base/bytes.js";
import type { Link } from "../../src/link/link.js";

export class Heard {
  text = "";
  readonly ends: (Error | undefined)[] = [];
  #wake: () => void = () => undefined;

  constructor(link: Link) {
    link.listen({
      bytes: (chunk) => {
        this.text += hex(chunk);
        this.#wake();
      },
      closed: (cause) => {
        this.ends.push(cause);
        this.#wake();
      },
    });
  }

  async bytes(count: number): Promise<string> {
    await this.#until(() => this.text.length >= count * 2);
    return this.text;
  }

  async end(): Promise<Error | undefined> {
    await this.#until(() => this.ends.length > 0);
    return this.ends[0];
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
