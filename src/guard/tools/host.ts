// The machine: services, processes, power, connections, packages, accounts, schedules.
import type { Tool } from '../tool.ts'
import { ACCOUNTS } from './accounts.ts'
import { BUSES } from './buses.ts'
import { CONNECTIONS } from './connections.ts'
import { KEEPERS } from './keepers.ts'
import { PACKAGES } from './packages.ts'
import { POWER } from './power.ts'
import { PROCESSES } from './processes.ts'
import { SERVICES } from './services.ts'

export const HOST: readonly Tool[] = [
  ...SERVICES,
  ...BUSES,
  ...PROCESSES,
  ...POWER,
  ...CONNECTIONS,
  ...ACCOUNTS,
  ...PACKAGES,
  ...KEEPERS,
]
