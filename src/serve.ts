// The composition root: `serve.ts gate` is the gate's own process, `serve.ts up` puts store, runner and gate together on this machine,
// `serve.ts store` is the store alone, for the units of an installation; `install` and `uninstall` write those units. Each loads only
// what it runs.
import { parseArgs } from 'node:util'
import { DEFAULT_PORT } from './app/places.ts'
import { SekishoError } from './base/error.ts'
import { EXIT } from './base/error-codes.ts'
import { systemClock, systemRandom } from './sys/clock.ts'
import { environment } from './sys/config.ts'
import { openLog } from './sys/log.ts'
import { ERROR_WORDS, reader } from './words/errors.ts'

async function main(argv: readonly string[]): Promise<number> {
  const [part = ''] = argv
  const { values } = parseArgs({
    args: argv.slice(1),
    options: { data: { type: 'string' }, port: { type: 'string' }, lang: { type: 'string' } },
  })
  const { data } = values
  const port = values.port === undefined ? DEFAULT_PORT : Number(values.port)
  const over = new AbortController()
  // Told twice is told once: the end goes its order.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => over.abort())
  if (data === undefined || !Number.isInteger(port) || port < 0 || port > 65_535) return usage()
  switch (part) {
    case 'gate': {
      const { serveGate } = await import('./http/server.ts')
      return serveGate(data, port, over)
    }
    case 'store': {
      const { serveStore } = await import('./install/up/store-part.ts')
      await serveStore(data, systemClock, systemRandom, openLog({ part: 'store' }), over.signal)
      return EXIT.done
    }
    case 'up': {
      const { up } = await import('./install/up/supervise.ts')
      const databaseUrl = environment['DATABASE_URL']
      await up({
        data,
        port,
        language: values.lang === 'en' ? 'en' : 'ja',
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        clock: systemClock,
        random: systemRandom,
        log: openLog({ part: 'up', level: 'warn' }),
        say: (line) => process.stdout.write(`${line}\n`),
        signal: over.signal,
      })
      return EXIT.done
    }
    case 'names': {
      const { placesOf } = await import('./app/places.ts')
      const { limitNetwork } = await import('./install/watch-network.ts')
      await limitNetwork(placesOf(data))
      return EXIT.done
    }
    case 'install':
    case 'uninstall': {
      const { installHost, uninstallHost } = await import('./install/install-host.ts')
      const { BOOT_UNIT, bootUnitText } = await import('./runner/revert/boot.ts')
      const common = {
        data,
        language: values.lang === 'en' ? 'en' : 'ja',
        say: (line: string) => process.stdout.write(`${line}\n`),
      } as const
      const text = (command: readonly string[], mounts: readonly string[]) =>
        bootUnitText({ command, mounts })
      if (part === 'install')
        await installHost({ ...common, random: systemRandom, boot: { name: BOOT_UNIT, text } })
      else {
        const { armedExecutions } = await import('./runner/revert/armed.ts')
        const { placeOf } = await import('./runner/place.ts')
        const armed = () => armedExecutions(placeOf(data).state)
        const { isolationPlaces, readIsolation } = await import('./isolate/record.ts')
        const isolated = async () => {
          const of = await readIsolation(isolationPlaces(placeOf(data).state).record)
          return of?.phase === 'trial' || of?.phase === 'kept' ? of.incident : undefined
        }
        const { marksLeft } = await import('./schema/marks-left.ts')
        const marks = (of: { name: string; port: number }) => marksLeft(of, { timeoutMs: 20_000 })
        await uninstallHost({ ...common, boot: BOOT_UNIT, armed, isolated, marks })
      }
      return EXIT.done
    }
    default:
      return usage()
  }
}

function usage(): number {
  process.stderr.write(
    'usage: serve gate|store|up|names|install|uninstall --data DIR [--port N] [--lang ja|en]\n',
  )
  return EXIT.usage
}

try {
  process.exit(await main(process.argv.slice(2)))
} catch (error) {
  if (process.send === undefined) tell(error)
  else await logEnd(error)
}

/** To whoever started it, in words. */
function tell(error: unknown): never {
  if (!(error instanceof SekishoError)) throw error
  const sentence = ERROR_WORDS[error.code][process.argv.includes('en') ? 'en' : 'ja'](reader(error.detail))
  process.stderr.write(
    `${[sentence.what, sentence.why, ...(sentence.next ?? [])].filter((one) => one !== undefined).join('\n  ')}\n`,
  )
  process.exit(error.exit)
}

/** A part of `up`: what it ends of goes to its starter and, as one line of JSON, into its log. */
async function logEnd(error: unknown): Promise<never> {
  const log = openLog({ part: process.argv[2] ?? 'serve' })
  if (!(error instanceof SekishoError)) {
    log.error({ error }, 'the part ended by a fault of its own')
    process.exit(EXIT.bug)
  }
  log.error({ code: error.code, detail: error.detail }, 'the part cannot go on')
  await new Promise<void>((resolve) => {
    process.send?.({ failed: { code: error.code, detail: error.detail } }, () => resolve())
  })
  process.exit(error.exit)
}
