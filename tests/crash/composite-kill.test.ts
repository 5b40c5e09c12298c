// Kills of code, schema and site as one change, at each place that it passes: our parts, the production server, the session of the migration, the machine.
import { afterAll } from 'vitest'
import { describeKillsOfCode } from './kills-of-code.ts'
import { visitsDeployed } from './visits-deployed.ts'

let close = async () => {}
describeKillsOfCode('a composite change', async () => {
  const deployed = await visitsDeployed()
  close = () => deployed.close()
  return deployed
})
afterAll(() => close())
