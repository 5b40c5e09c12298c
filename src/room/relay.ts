// The way of what runs in a room to one database server: two sockets are joined, and nothing is read of what passes. Outside the runner, or a child of it under
// another account, joins a socket in the room's directory to that of the server; inside it stands where such a server listens. Nothing else is reached by it.
import { chmodSync, mkdirSync } from 'node:fs'
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import { EXIT } from '../base/error-codes.ts'

/** Where Debian's PostgreSQL and its clients look for a socket. */
export const SOCKETS = '/run/postgresql'

interface Relay {
  close(): Promise<void>
}

/** In the room's directory, for the id that stands for root inside. */
export async function openRelay(path: string, to: string): Promise<Relay> {
  const relay = await listening({ path }, to)
  // Its directory is closed to everybody but root inside.
  chmodSync(path, 0o666)
  return relay
}

/** Inside: on the port of production's cluster, and on its socket. */
export async function joinRelay(port: number, to: string): Promise<void> {
  mkdirSync(SOCKETS, { recursive: true })
  chmodSync(SOCKETS, 0o755)
  const path = `${SOCKETS}/.s.PGSQL.${port}`
  await listening({ path }, to)
  chmodSync(path, 0o777)
  await listening({ port, host: '127.0.0.1' }, to)
}

/** `relay SOCKET TO`: the life of a child that joins them as the account that it is, until its input ends. Says one line when it listens. */
export async function relayLife([path = '', to = '']: readonly string[]): Promise<number> {
  const relay = await openRelay(path, to)
  process.stdout.write('listening\n')
  process.stdin.resume()
  await new Promise<void>((resolve) => {
    process.stdin.once('end', () => resolve())
    process.stdin.once('error', () => resolve())
  })
  await relay.close()
  return EXIT.done
}

async function listening(at: ListenOptions, to: string): Promise<Relay> {
  const open = new Set<Socket>()
  const hold = (socket: Socket, other: Socket) => {
    open.add(socket)
    socket.on('error', () => other.destroy())
    socket.on('close', () => {
      open.delete(socket)
      other.destroy()
    })
  }
  const server: Server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ path: to, allowHalfOpen: true })
    hold(near, far)
    hold(far, near)
    near.pipe(far)
    far.pipe(near)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(at, resolve)
  })
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
}
