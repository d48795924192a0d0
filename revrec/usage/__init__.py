"""The doors of usage: files in, an append-only ledger of rated usage out.

::

    sources     files, folders, object stores              where bytes lie
    doors       bytes -> batches of text                   a damaged file is refused, naming why
    validation  named rules over all rows at once          a damaged row is set aside, naming why
    ledger      each (source, usage_id, usage_date) once   within the batch and for ever
    ingest      one batch, one transaction                 every row received is accounted for
    quarantine  what was set aside, released or rejected   nothing disappears
    releases    within bounds by one person, else by two   nobody lets in much alone
    rollup      the ledger by contract, meter and day      what recognition reads
    drilling    totals, down to days and to rows           now, or as it once was
    counts      what other systems counted                 compared, never mixed in
    rerating    what was counted, priced into the ledger   differences name what they correct
    since       what changed since the last rating         all that is rated anew
    flags       usage unlikely for its own history         for a person; nothing is blocked

Usage is told after rating, one row per source, id and day with its quantity and its amount; or
it is only counted, by the day or event by event, and rated here by the rate cards. A correction
is a new row with the signed difference and ``corrects`` naming the row it corrects. Usage that
comes late, for a closed period too, is usage like any other: the close of the open period posts
the difference.
"""
