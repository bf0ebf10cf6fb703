// A simulated terminal that a person talks to, on the stage of a scenario: it dies of the scenario's faults and comes back.
import type { simulatedFaces } from "../../protocols/simulated.js";
import type { Clock } from "../base/clock.js";
import type { Link } from "../link/link.js";
import type { CutPoint } from "../sim/body.js";
import { isProvisioned } from "../sim/provision.js";
import type { Scenario } from "../sim/scenario/scenario.js";
import { Staging } from "../sim/scenario/staging.js";
import type { FactoryStores } from "../sim/stores.js";

type Face = (typeof simulatedFaces)[number];

export interface StagedSetup {
  readonly face: Face;
  readonly model: string;
  readonly seed: number;
  readonly stores: FactoryStores;
  readonly clock: Clock;
  readonly scenario: Scenario | undefined;
  /** Factor on the terminal's own delays. */
  readonly speed?: number;
  readonly owner?: Uint8Array;
  readonly point?: (name: CutPoint, k?: number) => void;
}

export interface StagedTerminal {
  readonly simulated: ReturnType<Face["start"]>;
  /** The agent's end of the first line, with the scenario's faults on it. */
  line(inner: Link): Link;
  attach(link: Link): void;
  /** Takes the power away and gives it back. */
  powerCycle(): void;
}

export function staged({ face, scenario, point, ...setup }: StagedSetup): StagedTerminal {
  const { faults = [], plant } = scenario ?? {};
  // A state folder that has a terminal in it has had its faults: power has come back.
  const pending = isProvisioned(setup.stores) ? [] : faults;
  const staging = new Staging(
    { ...scenario, faults: pending },
    {
      clock: setup.clock,
      terminal: () => simulated.terminal,
      powerUp: () => powerUp(),
    },
  );
  const start = () =>
    face.start({
      ...setup,
      ...(plant === undefined ? {} : { plant }),
      options: staging.options,
      hooks: {
        ...staging.hooks,
        point(name, k) {
          point?.(name, k);
          staging.hooks.point?.(name, k);
        },
      },
    });
  let attached: Link | undefined;
  let simulated = start();
  const powerUp = () => {
    if (!simulated.dead) return;
    simulated = start();
    if (attached !== undefined) simulated.attach(attached);
  };
  return {
    get simulated() {
      return simulated;
    },
    line: (inner) => staging.line(inner),
    attach(link) {
      attached = link;
      simulated.attach(link);
    },
    powerCycle() {
      simulated.powerCut();
      powerUp();
    },
  };
}
