-- Streams x days: whatever stream is registered has a row for the day before the one judged.
with streams as (
    select distinct stream_id from {{ ref('dim_log_stream') }} where stream_id is not null
),

found as (
    select distinct stream_id
    from {{ ref('ctl_lg_10__ingestion_is_continuous') }}
    where day = cast({{ plus_days(as_of_day(), -1) }} as date) or day is null
)

{{ counts_agree('streams_have_a_row', 'registers.log_streams', 'count(*)', 'count(found.stream_id)', 'registered streams with a row for yesterday', some=true) }}
from streams
left join found on found.stream_id = streams.stream_id
