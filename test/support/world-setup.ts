// What a bench in memory is made with: all of it can be left out.

import type { Log } from "../../src/base/log.js";
import type { ArchiveRecipient } from "../../src/evidence/archive/recipients.js";
import type { Fault } from "../../src/link/faults.js";
import type { GivenOrder } from "../../src/procedure/admission.js";
import type { SimOptions } from "../../src/sim/body.js";
import type { Plant } from "../../src/sim/planting.js";
import type { AgentFault, Staged } from "../../src/sim/scenario/staging.js";
import type { Hooks } from "../../src/sim/setup.js";
import type { FactoryStores } from "../../src/sim/stores.js";
import type { IsolationWay } from "../../src/terminal/isolation.js";
import type { Model } from "../../src/terminal/model.js";
import type { World } from "./world.js";

export interface WorldSetup {
  readonly model?: string;
  readonly seed?: number;
  readonly options?: SimOptions;
  readonly plant?: Plant;
  /** What the agent believes of the model, where it is to be something else. */
  readonly knows?: Partial<Model>;
  /** Faults on the first line; a line that is plugged in again is sound. */
  readonly faults?: readonly Fault[];
  /** Of the terminal's first life; power returns without them. */
  readonly hooks?: Hooks;
  /** Of every life of every terminal, told apart by its memory. */
  readonly always?: (stores: FactoryStores) => Hooks;
  /** Whom the terminal obeys, as a point; without one it pins the first it is shown. */
  readonly owner?: Uint8Array;
  /** Serial number on the label; what the terminal says when absent. */
  readonly label?: string;
  /** Its conditions and faults come on top of the above. */
  readonly scenario?: Staged;
  /** A fault of the agent's own computer is due. */
  readonly agent?: (fault: AgentFault) => void;
  readonly baud?: number;
  /** Where the agent believes the terminal to be connected, as on a real cable: a certificate for production names no simulated line. */
  readonly port?: string;
  readonly latencyMs?: number;
  readonly speed?: number;
  /** The order of a run that begins; the bench makes its own when absent. */
  readonly order?: (world: World) => GivenOrder;
  /** How it is kept off networks, as everybody at the bench says until the world's own field says otherwise; off all of them when absent. */
  readonly isolation?: readonly IsolationWay[];
  /** The second person at the bench. */
  readonly witness?: string;
  /** Named when a run begins. */
  readonly archiveRecipients?: readonly ArchiveRecipient[];
  readonly log?: Log;
  /** A depot's station: it has no owner key, so passes come with orders. */
  readonly ownerless?: true;
}
