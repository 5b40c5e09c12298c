// Tells systemd that a part is ready, where it asked to be told: `systemctl start` returns when the part serves.
import { environment } from './config.ts'
import { run } from './process.ts'

export async function tellReady(): Promise<void> {
  const socket = environment['NOTIFY_SOCKET']
  if (socket !== undefined) await run(['systemd-notify', '--ready'], { env: { NOTIFY_SOCKET: socket } })
}
