// Starts the service: settings from the environment, ready told to systemd, SIGHUP reloads, SIGTERM ends in order.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readConfig } from './config.ts'
import { openDoor } from './door.ts'
import { Log } from './log.ts'
import { Service } from './service.ts'

const BUSY_LIMIT_MS = 5_000

try {
  const config = readConfig(process.env)
  const log = new Log(config.logDirectory, config.logLevel)
  const service = new Service(config, readVersion(), log)
  await service.prepare()
  const server = openDoor(service, log)
  server.on('error', (error) => stop(`cannot listen on ${config.host}:${config.port}: ${error.message}`))
  server.listen(config.port, config.host, () => {
    log.info('listening', { port: config.port, version: service.version })
    notify('--ready', `--status=listening on ${config.port}`)
  })
  process.on('SIGHUP', () => void service.reload())
  process.on('SIGTERM', () => {
    log.info('stopping')
    server.close(() => {
      service.close()
      process.exit(0)
    })
    server.closeIdleConnections()
    setTimeout(() => server.closeAllConnections(), BUSY_LIMIT_MS).unref()
  })
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

function stop(message: string): never {
  console.error(message)
  process.exit(1)
}

/** Node has no datagram sockets for files, so systemd is told by its own small program (NotifyAccess=all). */
function notify(...words: string[]): void {
  if (process.env['NOTIFY_SOCKET'] === undefined) return
  execFile('systemd-notify', [`--pid=${process.pid}`, ...words], (error) => {
    if (error !== null) console.error(`systemd was not told: ${error.message}`)
  })
}

function readVersion(): string {
  const value: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return typeof value === 'object' && value !== null && 'version' in value ? String(value.version) : 'unknown'
}
