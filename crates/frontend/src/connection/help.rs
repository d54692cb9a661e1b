//! The texts of HELP subcommands, line by line as Redis replies with them.

mod introspection;

pub(super) use introspection::{COMMANDLOG, LATENCY, MEMORY, MODULE, SLOWLOG};
use resp::Reply;

/// Replies with the lines of a text, each a simple string.
pub(crate) fn write(text: &str, reply: &mut Reply<'_>) {
    reply.array(text.lines().count());
    text.lines().for_each(|line| reply.simple(line));
}

/// `FUNCTION HELP`.
pub(crate) const FUNCTION: &str = "\
FUNCTION <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
LOAD [REPLACE] <FUNCTION CODE>
    Create a new library with the given library name and code.
DELETE <LIBRARY NAME>
    Delete the given library.
LIST [LIBRARYNAME PATTERN] [WITHCODE]
    Return general information on all the libraries:
    * Library name
    * The engine used to run the Library
    * Functions list
    * Library code (if WITHCODE is given)
    It also possible to get only function that matches a pattern using LIBRARYNAME argument.
STATS
    Return information about the current function running:
    * Function name
    * Command used to run the function
    * Duration in MS that the function is running
    If no function is running, return nil
    In addition, returns a list of available engines.
KILL
    Kill the current running function.
FLUSH [ASYNC|SYNC]
    Delete all the libraries.
    When called without the optional mode argument, the behavior is determined by the
    lazyfree-lazy-user-flush configuration directive. Valid modes are:
    * ASYNC: Asynchronously flush the libraries.
    * SYNC: Synchronously flush the libraries.
DUMP
    Return a serialized payload representing the current libraries, can be restored using FUNCTION RESTORE command
RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]
    Restore the libraries represented by the given payload, it is possible to give a restore policy to
    control how to handle existing libraries (default APPEND):
    * FLUSH: delete all existing libraries.
    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.
    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the old
      libraries with the new libraries (notice that even on this option there is a chance of failure
      in case of functions name collision with another library).
HELP
    Print this help.";

/// `SCRIPT HELP`.
pub(crate) const SCRIPT: &str = "\
SCRIPT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
DEBUG (YES|SYNC|NO)
    Set the debug mode for subsequent scripts executed.
EXISTS <sha1> [<sha1> ...]
    Return information about the existence of the scripts in the script cache.
FLUSH [ASYNC|SYNC]
    Flush the Lua scripts cache. Very dangerous on replicas.
    When called without the optional mode argument, the behavior is determined
    by the lazyfree-lazy-user-flush configuration directive. Valid modes are:
    * ASYNC: Asynchronously flush the scripts cache.
    * SYNC: Synchronously flush the scripts cache.
KILL
    Kill the currently executing Lua script.
LOAD <script>
    Load a script into the scripts cache without executing it.
HELP
    Print this help.";

/// `PUBSUB HELP`.
pub(super) const PUBSUB: &str = "\
PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CHANNELS [<pattern>]
    Return the currently active channels matching a <pattern> (default: '*').
NUMPAT
    Return number of subscriptions to patterns.
NUMSUB [<channel> ...]
    Return the number of subscribers for the specified channels, excluding
    pattern subscriptions(default: no channels).
SHARDCHANNELS [<pattern>]
    Return the currently active shard level channels matching a <pattern> (default: '*').
SHARDNUMSUB [<shardchannel> ...]
    Return the number of subscribers for the specified shard level channel(s)
HELP
    Print this help.";

/// `CLIENT HELP`: that of Redis, and what there is of Valkey's subcommands and options.
pub(super) const CLIENT: &str = "\
CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CACHING (YES|NO)
    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.
CAPA <option> [options...]
    The client claims its some capability options. Options are:
    * REDIRECT
      The client can handle redirection during primary and replica failover in standalone mode.
GETREDIR
    Return the client ID we are redirecting to when tracking is enabled.
GETNAME
    Return the name of the current connection.
ID
    Return the ID of the current connection.
INFO
    Return information about the current client connection.
KILL <ip:port>
    Kill connection made from <ip:port>.
KILL <option> <value> [<option> <value> [...]]
    Kill connections. Options are:
    * ADDR (<ip:port>|<unixsocket>:0)
      Kill connections made from the specified address
    * LADDR (<ip:port>|<unixsocket>:0)
      Kill connections made to specified local address
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Kill connections by type.
    * USER <username>
      Kill connections authenticated by <username>.
    * SKIPME (YES|NO)
      Skip killing current connection (default: yes).
    * ID <client-id> [<client-id>...]
      Kill connections by client IDs.
    * MAXAGE <maxage>
      Kill connections older than the specified age.
    * FLAGS <flags>
      Kill connections that include the specified flags.
    * NAME <client-name>
      Kill connections with the specified name.
    * IDLE <idle>
      Kill connections with idle time greater than or equal to <idle> seconds.
    * LIB-NAME <library-name>
      Kill connections with the specified library name.
    * LIB-VER <library-version>
      Kill connections with the specified library version.
    * DB <db-id>
      Kill connections currently operating on the specified database ID.
    * CAPA <capa>
      Kill connections currently with the specified capa.
    * IP <ip>
      Kill connections made from the specified ip.
    Each but SKIPME, MAXAGE and IDLE also with NOT- before its name.
LIST [options ...]
    Return information about client connections. Options:
    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)
      Return clients of specified type.
    * USER <username>
      Return clients authenticated by <username>.
    * ADDR <ip:port>
      Return clients connected from the specified address.
    * LADDR <ip:port>
      Return clients connected to the specified local address.
    * ID <client-id> [<client-id>...]
      Return clients with the specified IDs.
    * SKIPME (YES|NO)
      Exclude the current client from the list (default: no).
    * MAXAGE <maxage>
      List connections older than the specified age.
    * FLAGS <flags>
      Return clients with the specified flags.
    * NAME <client-name>
      Return clients with the specified name.
    * IDLE <idle>
      Return clients with idle time greater than or equal to <idle> seconds.
    * LIB-NAME <lib-name>
      Return clients with the specified lib name.
    * LIB-VER <lib-version>
      Return clients with the specified lib version.
    * DB <db-id>
      Return clients currently operating on the specified database ID.
    * CAPA <capa>
      Return connections currently with the specified capa.
    * IP <ip>
      Return connections made from the specified ip.
    Each but SKIPME, MAXAGE and IDLE also with NOT- before its name.
UNPAUSE
    Stop the current client pause, resuming traffic.
PAUSE <timeout> [WRITE|ALL]
    Suspend all, or just write, clients for <timeout> milliseconds.
REPLY (ON|OFF|SKIP)
    Control the replies sent to the current connection.
SETNAME <name>
    Assign the name <name> to the current connection.
SETINFO <option> <value>
    Set client meta attr. Options are:
    * LIB-NAME: the client lib name.
    * LIB-VER: the client lib version.
UNBLOCK <clientid> [TIMEOUT|ERROR]
    Unblock the specified blocked client.
TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
         [OPTIN] [OPTOUT] [NOLOOP]
    Control server assisted client side caching.
TRACKINGINFO
    Report tracking status for the current connection.
NO-EVICT (ON|OFF)
    Protect current client connection from eviction.
NO-TOUCH (ON|OFF)
    Will not touch LRU/LFU stats when this mode is on.
IMPORT-SOURCE (ON|OFF)
    Mark this connection as an import source if import-mode is enabled.
    Sync tools can set their connections into 'import-source' state to visit
    expired keys.
HELP
    Print this help.";

/// `COMMAND HELP`.
pub(super) const COMMAND: &str = "\
COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
(no subcommand)
    Return details about all Redis commands.
COUNT
    Return the total number of commands in this Redis server.
LIST
    Return a list of all commands in this Redis server.
INFO [<command-name> ...]
    Return details about multiple Redis commands.
    If no command names are given, documentation details for all
    commands are returned.
DOCS [<command-name> ...]
    Return documentation details about multiple Redis commands.
    If no command names are given, documentation details for all
    commands are returned.
GETKEYS <full-command>
    Return the keys from a full Redis command.
GETKEYSANDFLAGS <full-command>
    Return the keys and the access flags from a full Redis command.
HELP
    Print this help.";

/// `CONFIG HELP`.
pub(super) const CONFIG: &str = "\
CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
GET <pattern>
    Return parameters matching the glob-like <pattern> and their values.
SET <directive> <value>
    Set the configuration <directive> to <value>.
RESETSTAT
    Reset statistics reported by the INFO command.
REWRITE
    Rewrite the configuration file.
HELP
    Print this help.";

/// `DEBUG HELP`: what there is of it.
pub(super) const DEBUG: &str = "\
DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
CHANGE-REPL-ID
    Change the replication IDs of the instance.
    Dangerous: should be used only for testing the replication subsystem.
DIGEST
    Output a hex signature representing the current DB content.
DIGEST-VALUE <key> [<key> ...]
    Output a hex signature of the values of all the specified keys.
ERROR <string>
    Return a Redis protocol error with <string> as message. Useful for clients
    unit tests to simulate Redis errors.
LOG <message>
    Write <message> to the server log.
HTSTATS <dbid> [full]
    Return hash table statistics of the specified Redis database.
HTSTATS-KEY <key> [full]
    Like HTSTATS but for the hash table stored at <key>'s value.
KEYSIZES-HIST-ASSERT <0|1>
    Enable/disable keysizes histogram assertion after each command.
LOADAOF
    Flush the AOF buffers on disk and reload the AOF in memory.
REPLICATE <string>
    Replicates the provided string to replicas, allowing data divergence.
OBJECT <key>
    Show low level info about `key` and associated value.
POPULATE <count> [<prefix>] [<size>]
    Create <count> string keys named key:<num>. If <prefix> is specified then
    it is used instead of the 'key' prefix. These are not propagated to
    replicas. Cluster slots are not respected so keys not belonging to the
    current node can be created in cluster mode.
PROTOCOL <type>
    Reply with a test value of the specified type. <type> can be: string,
    integer, double, bignum, null, array, set, map, attrib, push, verbatim,
    true, false.
RELOAD [option ...]
    Save the RDB on disk and reload it back to memory. Valid <option> values:
    * MERGE: conflicting keys will be loaded from RDB.
    * NOFLUSH: the existing database will not be removed before load, but
      conflicting keys will generate an error.
    * NOSAVE: the database will be loaded from an existing RDB file.
    Examples:
    * DEBUG RELOAD: verify that the server is able to persist, flush and reload
      the database.
    * DEBUG RELOAD NOSAVE: replace the current database with the contents of an
      existing RDB file.
    * DEBUG RELOAD NOSAVE NOFLUSH MERGE: add the contents of an existing RDB
      file to the database.
SDSLEN <key>
    Show low level SDS string info representing `key` and value.
SET-ACTIVE-EXPIRE <0|1>
    Setting it to 0 disables expiring keys (and hash-fields) in background 
    when they are not accessed (otherwise the Redis behavior). Setting it
    to 1 reenables back the default.
QUICKLIST-PACKED-THRESHOLD <size>
    Sets the threshold for elements to be inserted as plain vs packed nodes
    Default value is 1GB, allows values up to 4GB. Setting to 0 restores to default.
SET-SKIP-CHECKSUM-VALIDATION <0|1>
    Enables or disables checksum checks for RDB files and RESTORE's payload.
SLEEP <seconds>
    Stop the server for <seconds>. Decimals allowed.
STRINGMATCH-TEST
    Run a fuzz tester against the stringmatchlen() function.
STRUCTSIZE
    Return the size of different Redis core C structures.
LISTPACK <key>
    Show low level info about the listpack encoding of <key>.
QUICKLIST <key> [<0|1>]
    Show low level info about the quicklist encoding of <key>.
    The optional argument (0 by default) sets the level of detail
CLIENT-EVICTION
    Show low level client eviction pools info (maxmemory-clients).
PAUSE-CRON <0|1>
    Stop periodic cron job processing.
REPLYBUFFER PEAK-RESET-TIME <NEVER||RESET|time>
    Sets the time (in milliseconds) to wait between client reply buffer peak resets.
    In case NEVER is provided the last observed peak will never be reset
    In case RESET is provided the peak reset time will be restored to the default value
REPLYBUFFER RESIZING <0|1>
    Enable or disable the reply buffer resize cron job
DICT-RESIZING <0|1>
    Enable or disable the main dict and expire dict resizing.
HELP
    Print this help.";

/// `OBJECT HELP`.
pub(super) const OBJECT: &str = "\
OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:
ENCODING <key>
    Return the kind of internal representation used in order to store the value
    associated with a <key>.
FREQ <key>
    Return the access frequency index of the <key>. The returned integer is
    proportional to the logarithm of the recent access frequency of the key.
IDLETIME <key>
    Return the idle time of the <key>, that is the approximated number of
    seconds elapsed since the last access to the key.
REFCOUNT <key>
    Return the number of references of the value associated with the specified
    <key>.
HELP
    Print this help.
";
