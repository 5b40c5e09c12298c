// Inside a room, beside the step that may fetch dependencies: package managers speak to a proxy on 127.0.0.1, and the door out is a socket with a path. This
// program joins the two and starts the step. It has the rights of the step and no more: whoever breaks it has a socket that admits declared hosts.
import { closeSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { EXIT } from '../base/error-codes.ts'
import { start } from '../sys/process.ts'

export const BRIDGE_PORT = 3128

/** `bridge SOCKET DESCRIPTORS -- PROGRAM …`; answers the exit code of the program. */
export function bridgeLife([
  socket = '',
  descriptors = '',
  ,
  program = '',
  ...rest
]: readonly string[]): Promise<number> {
  // Our own code came by descriptors of directories outside: the step must not inherit a way out of its root.
  for (const fd of descriptors.split(',').filter((one) => one !== '')) closeSync(Number(fd))
  const server = createServer({ allowHalfOpen: true }, (inside) => {
    const outside = connect({ path: socket, allowHalfOpen: true })
    inside.on('error', () => outside.destroy())
    outside.on('error', () => inside.destroy())
    inside.pipe(outside)
    outside.pipe(inside)
  })
  return new Promise((resolve) => {
    server.once('error', () => resolve(EXIT.bug))
    server.listen(BRIDGE_PORT, '127.0.0.1', () => {
      const child = start([program, ...rest], { env: {}, stdio: ['ignore', 'inherit', 'inherit'] })
      child.once('error', () => resolve(127))
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
    })
  })
}
