// What may stand as a value in a dotenv file, for the gate that plans it and the runner that writes it.

/** Read alike by systemd, docker, sh and the dotenv packages: one line, and not both quotes with an escape in it. */
export function isWritable(value: string): boolean {
  return value.isWellFormed() && !/[\0\r\n]/.test(value) && (!value.includes("'") || !/["\\$`]/.test(value))
}
