{{ counts_agree('tickets_are_registered', 'privacy.request_tickets', 'expected', 'actual', 'tickets, against those whose request the register has') }}
from (
    select
        (select count(distinct ticket_id) from {{ ref('stg_privacy__request_tickets') }}) as expected,
        (
            select count(distinct tickets.ticket_id)
            from ({{ newest_records(ref('stg_privacy__request_tickets'), 'ticket_id') }}) as tickets
            inner join ({{ newest(ref('stg_registers__dsar')) }}) as requests
                on tickets.request_id = requests.request_id
        ) as actual
) as counts

union all

{{ counts_agree('requests_judged', 'registers.dsar', 'expected', 'actual', 'requests, against rows of the control') }}
from (
    select
        (select count(*) from {{ ref('fct_privacy_request') }}) as expected,
        (select count(*) from {{ ref('ctl_pr_05__requests_are_answered_in_time') }}) as actual
) as counts

union all

-- Only stands here when it holds: with rows to judge there is nothing to prove.
select
    'no_request_received' as check_name,
    'privacy.request_tickets' as scope,
    cast(0 as bigint) as expected,
    cast(0 as bigint) as actual,
    true as passed,
    'The mailbox was read completely and holds no request, nor does the register.' as detail
from (select 1 as row_no) as one
where not exists (select 1 from {{ ref('fct_privacy_request') }})
    and not exists (select 1 from {{ ref('stg_privacy__request_tickets') }})
    and exists (
        select 1 from {{ source('meta', 'selected_runs') }}
        where source_id = 'privacy.request_tickets' and status = 'complete'
    )
