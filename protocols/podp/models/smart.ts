// podp-smart: the Android terminal. Apps, accounts and logs beside the payment data, and keys that decide what may be loaded.
import type { DataArea } from "../../../src/terminal/data-areas.js";
import type { Model, ModelArea } from "../../../src/terminal/model.js";
import { cards, common, deviceIdentity, flash, identity, inside, pinPad, slots, tlsClient, unfillable } from "./parts.js";

/** Part of the user partition: commands clear it, the spare area of the chip stays out of reach. */
const emmc = (id: number, name: string, size: number, data: readonly DataArea[], ...classes: ModelArea["classes"]): ModelArea => ({
  ...flash(id, name, size, data, ...classes),
  storage: "emmc",
});

export const smart: Model = {
  id: "podp-smart",
  deviceClass: "SMART",
  ...common,
  networks: ["sim", "esim", "wifi", "bluetooth", "lan"],
  dialects: { "00100000027": "edc" },
  acquirerSets: 8,
  areas: [
    emmc(1, "transaction store", 1024, ["D01", "D02", "D03", "D04", "D05", "D10", "D11"], "SAD", "CHD", "BIZ"),
    emmc(2, "merchant parameters and settlement history", 512, ["D08", "D13"], "BIZ"),
    emmc(3, "acquirer and member apps", 512, ["D20"], "PII", "BIZ"),
    emmc(4, "accounts, operators and location", 512, ["D14", "D21", "D23"], "PII", "SEC"),
    emmc(5, "networks, credentials and queued updates", 512, ["D15", "D16", "D28"], "SEC"),
    emmc(6, "app logs and crash dumps", 512, ["D22"], "SAD", "CHD", "OPS"),
    emmc(7, "receipts, signatures, orders and codes", 512, ["D06", "D07", "D09", "D24"], "CHD", "PII", "SEC", "BIZ"),
    emmc(8, "backups and keys in files", 512, ["D17", "D33"], "K", "SEC", "BIZ"),
    { ...unfillable(emmc(9, "BIN lists and EMV parameters", 512, ["D12", "D19"], "OPS")), keep: "public lists, the same in every unit" },
    deviceIdentity(10, 512),
  ],
  slots: [
    slots("TPK", "AES", 0, 3, "PIN working keys"),
    slots("TAK", "AES", 0, 3, "MAC working keys"),
    slots("TLE", "TDES", 0, 0, "line encryption"),
    slots("TMK", "AES", 0, 3, "master keys"),
    slots("IPEK", "AES", 0, 1, "DUKPT initial and future keys"),
    tlsClient("RSA", 1),
    slots("STORAGE", "AES", 0, 0, "internal storage key"),
    slots("LOADER", "RSA", 0, 1, "acquirer's app-signing keys"),
    {
      ...slots("FIRMWARE", "RSA", 0, 0, "maker's firmware-signing key"),
      owner: "maker",
      after: "retained",
      reason: "vendor-firmware",
    },
    identity,
  ],
  elsewhere: [cards("SIM card, SD card, SAM"), pinPad, ...inside],
};
