// Ends the test run's server when the run is over, however it ended, and removes its directory.
import { existsSync } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startEmbedded } from '../../src/db/embedded.ts'
import { GROUND, startTime } from './database.ts'

const [run, directory] = process.argv.slice(2)
if (run === undefined || directory === undefined) process.exit(64)

// The first watcher makes this file; the others have nothing to do.
const mine = await open(join(directory, 'watched'), 'wx').catch(() => process.exit(0))
await mine.close()
const born = directory.split('-').at(-1)
while (existsSync(`/proc/${run}`) && startTime(Number(run)) === born) await sleep(300)
const server = await startEmbedded({ dataDirectory: directory, ...GROUND })
await server.stop()
await rm(directory, { recursive: true, force: true })
