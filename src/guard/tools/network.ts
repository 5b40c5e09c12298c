// Programs that speak to other hosts.
import type { Tool } from '../tool.ts'
import { HTTP } from './http.ts'
import { SOCKETS } from './sockets.ts'
import { TRANSFER } from './transfer.ts'
import { TUNNELS } from './tunnels.ts'

export const NETWORK: readonly Tool[] = [...HTTP, ...TRANSFER, ...SOCKETS, ...TUNNELS]
