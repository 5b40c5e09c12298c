// `node tests/rows-main.ts [ID…]` prints how the rows stand, `node tests/rows-main.ts --keep` stores what a campaign has proven.
import { commitHere } from './commit.ts'
import { keepCampaign, report } from './rows.ts'

const [first, ...others] = process.argv.slice(2)
if (first === '--keep') {
  if (commitHere().includes('+')) {
    console.error('Commit your changes first: a campaign is stored with its commit.')
    process.exitCode = 64
  } else console.log(`docs/campaign.json: ${keepCampaign(commitHere(), Date.now()).join(' ')}`)
} else console.log(report(commitHere(), Date.now(), first === undefined ? [] : [first, ...others]))
