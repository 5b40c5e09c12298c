// All fields of tool knowledge.
import type { Tool } from '../tool.ts'
import { ARCHIVES } from './archives.ts'
import { BUNDLERS } from './bundlers.ts'
import { CALLED_PROGRAMS } from './called-programs.ts'
import { CARRIERS } from './carriers.ts'
import { CLOUD } from './cloud.ts'
import { COMPILERS } from './compilers.ts'
import { CONTAINERS } from './containers.ts'
import { DATABASES } from './databases.ts'
import { DEBUG } from './debug.ts'
import { DEBUG_LANGUAGES } from './debug-languages.ts'
import { DECODERS } from './decoders.ts'
import { DEV_SERVERS } from './dev-servers.ts'
import { DEVICES } from './devices.ts'
import { DISKS } from './disks.ts'
import { EDITORS } from './editors.ts'
import { FETCHED } from './fetched.ts'
import { FILE_SERVERS } from './file-servers.ts'
import { FILES } from './files.ts'
import { FILTERS } from './filters.ts'
import { FIND } from './find.ts'
import { FORMATTERS } from './formatters.ts'
import { GIT } from './git.ts'
import { HISTORIES } from './histories.ts'
import { HISTORY_FILES } from './history-files.ts'
import { HOST } from './host.ts'
import { LANGUAGES } from './languages.ts'
import { MEDIA } from './media.ts'
import { MODES } from './modes.ts'
import { NAMES } from './names.ts'
import { NETWORK } from './network.ts'
import { OPTION_FILES } from './option-files.ts'
import { PYTHON_MAKERS } from './python-makers.ts'
import { RARER_LANGUAGES } from './rarer-languages.ts'
import { SEARCH } from './search.ts'
import { SECRET_STORES } from './secret-stores.ts'
import { SED } from './sed.ts'
import { SELF } from './self.ts'
import { SHELL_SETUP } from './shell-setup.ts'
import { SWEEPERS } from './sweepers.ts'
import { TERMINALS } from './terminals.ts'
import { UPKEEP } from './upkeep.ts'
import { VAULTS } from './vaults.ts'
import { WAYS_OUT } from './ways-out.ts'
import { WINDOWS } from './windows.ts'

/** Every field, asked for when one of its programs is met. A new one is a file and a word here. */
export const FIELDS: readonly (() => readonly Tool[])[] = [
  () => FILES,
  () => SWEEPERS,
  () => FORMATTERS,
  () => MODES,
  () => NAMES,
  () => FILTERS,
  () => SEARCH,
  () => SED,
  () => FIND,
  () => CARRIERS,
  () => ARCHIVES,
  () => DECODERS,
  () => EDITORS,
  () => DEVICES,
  () => DISKS,
  () => TERMINALS,
  () => WINDOWS,
  () => WAYS_OUT,
  () => GIT,
  () => HISTORIES,
  () => NETWORK,
  () => HOST,
  () => UPKEEP,
  () => CONTAINERS,
  () => CLOUD,
  () => DATABASES,
  () => LANGUAGES,
  () => RARER_LANGUAGES,
  () => SELF,
  () => DEBUG,
  () => DEBUG_LANGUAGES,
  () => DEV_SERVERS,
  () => FILE_SERVERS,
  () => COMPILERS,
  () => BUNDLERS,
  () => FETCHED,
  () => PYTHON_MAKERS,
  () => MEDIA,
  () => OPTION_FILES,
  () => HISTORY_FILES,
  () => CALLED_PROGRAMS,
  () => SECRET_STORES,
  () => SHELL_SETUP,
  () => VAULTS,
]
