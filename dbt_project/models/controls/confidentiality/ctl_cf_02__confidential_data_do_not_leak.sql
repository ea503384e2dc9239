{%- set flags = ['blocks_public_acls', 'ignores_public_acls', 'blocks_public_policy', 'restricts_public_buckets'] -%}
with unused as (
    select system_id
    from ({{ newest(ref('stg_registers__systems')) }}) as systems
    where system_id in ('macie', 'access_analyzer') and in_use = false
),

account as (
    select
        {%- for name in flags %}
        min(case when {{ block_flag('blocks', name) }} then 1 when not {{ block_flag('blocks', name) }} then 0 end) = 1 as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_aws_storage__account_block') }} as blocks
    where blocks._day = {{ as_of_day() }}
),

blocks as (
    select
        blocks.bucket_name,
        -- The account's flag holds for each of its buckets: whichever is on counts.
        {%- for name in flags %}
        account.{{ name }} or ({{ block_flag('blocks', name) }}) as {{ name }},
        {%- endfor %}
        blocks.blocks_public_acls and blocks.ignores_public_acls and blocks.blocks_public_policy and blocks.restricts_public_buckets
            as is_blocked_itself
    from {{ ref('stg_aws_storage__public_access_block') }} as blocks
    cross join account
    where blocks._day = {{ as_of_day() }}
),

exposures as (
    select
        bucket_name,
        case when error_code is null then coalesce(is_policy_public, false) end as is_policy_public,
        case
            when error_code is null
                then {{ includes('grantees', "'http://acs.amazonaws.com/groups/global/AllUsers'") }}
                    or {{ includes('grantees', "'http://acs.amazonaws.com/groups/global/AuthenticatedUsers'") }}
        end as is_acl_public
    from {{ ref('stg_aws_storage__bucket_exposure') }}
    where _day = {{ as_of_day() }}
),

scans as (
    select item.bucket_name, max(jobs.last_run_at) as last_scan_at
    from {{ ref('stg_macie__jobs') }} as jobs
    cross join {{ each_item('jobs.bucket_names') }} as item(bucket_name)
    where jobs._day = {{ as_of_day() }} and coalesce(jobs.last_error, 'NONE') = 'NONE'
    group by item.bucket_name
),

shares as (
    select *
    from {{ ref('stg_access_analyzer__findings') }}
    where _day = {{ as_of_day() }} and upper(status) = 'ACTIVE'
    qualify row_number() over (partition by finding_id order by _seq) = 1
),

shared as (
    select
        resource_id,
        min(finding_id) as finding_id,
        {{ joined(ordered_list("distinct case when is_public then 'everybody' else coalesce(principal, 'somebody outside') end", "case when is_public then 'everybody' else coalesce(principal, 'somebody outside') end")) }} as shared_with
    from shares
    group by resource_id
),

stores as (
    select
        stores.store_id as entity_key,
        stores.name,
        stores.owner_key,
        stores.kind,
        stores.classification,
        stores.kind = 'bucket' as is_bucket,
        {%- for name in flags %}
        blocks.{{ name }},
        {%- endfor %}
        blocks.blocks_public_acls and blocks.ignores_public_acls and blocks.blocks_public_policy and blocks.restricts_public_buckets
            as is_blocked,
        case
            when coalesce(blocks.is_blocked_itself, false) then false
            else
                (exposures.is_policy_public and not blocks.restricts_public_buckets)
                or (exposures.is_acl_public and not blocks.ignores_public_acls)
        end as is_public,
        scans.last_scan_at,
        cast(null as varchar) as severity,
        cast(null as timestamp) as due_at,
        shared.finding_id,
        shared.shared_with
    from {{ ref('dim_data_store') }} as stores
    left join blocks on stores.kind = 'bucket' and blocks.bucket_name = stores.name
    left join exposures on stores.kind = 'bucket' and exposures.bucket_name = stores.name
    left join scans on stores.kind = 'bucket' and scans.bucket_name = stores.name
    left join shared on shared.resource_id = stores.store_id
    where {{ includes(param('classes'), 'stores.classification') }}
),

-- What lies open beside the stores: their snapshots.
snapshots as (
    select
        shared.resource_id, coalesce({{ last_part('shared.resource_id') }}, shared.resource_id), null, 'snapshot', null, false,
        null, null, null, null, null, false, null, null, null, shared.finding_id, shared.shared_with
    from shared
    where shared.resource_id in (select resource_id from shares where resource_type like '%Snapshot%')
        and shared.resource_id not in (select entity_key from stores)
),

findings as (
    select
        'finding|' || finding_id, finding_id, null, 'finding', null, false, null, null, null, null, null, false, null,
        lower(severity),
        case lower(severity)
            when 'high' then {{ plus_days('created_at', param('finding_sla_days_high')) }}
            when 'medium' then {{ plus_days('created_at', param('finding_sla_days_medium')) }}
            when 'low' then {{ plus_days('created_at', param('finding_sla_days_low')) }}
        end,
        finding_id,
        null
    from {{ ref('stg_macie__findings') }}
    where _day = {{ as_of_day() }} and not coalesce(is_archived, false)
    qualify row_number() over (partition by finding_id order by _seq) = 1
),

members as (
    select * from stores
    union all
    select * from snapshots
    union all
    select * from findings
),

judged as (
    select
        *,
        {{ codes([
            ('PUBLIC_STORE', 'is_bucket and coalesce(is_public, false)'),
            ('BLOCK_OFF', 'is_bucket and not is_blocked'),
            ('NOT_SCANNED',
                "is_bucket and not exists (select 1 from unused where system_id = 'macie')"
                ~ " and coalesce(" ~ plus_days('last_scan_at', param('scan_max_age_days')) ~ " < " ~ as_of() ~ ", true)"),
            ('FINDING_OPEN', "kind = 'finding' and due_at < " ~ as_of()),
            ('EXTERNAL_SHARE', 'shared_with is not null'),
        ]) }} as codes,
        (is_bucket and (is_blocked is null or (is_public is null and not coalesce(is_blocked, false)))) or (kind = 'finding' and due_at is null)
            as is_unknown,
        -- Of a store that is no bucket only an analyzer can tell who else reads it.
        kind not in ('bucket', 'snapshot', 'finding') and shared_with is null
            and exists (select 1 from unused where system_id = 'access_analyzer') as is_unseen
    from members
)

select
    entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown', excluded='is_unseen', pending="kind = 'finding' and due_at >= " ~ as_of()) }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'PUBLIC_STORE'") ~ " then 'Everybody can read it' end",
                "case when " ~ includes('codes', "'BLOCK_OFF'") ~ " then 'Public access is not blocked altogether, neither for the bucket nor for the account' end",
                "case when " ~ includes('codes', "'NOT_SCANNED'") ~ " then 'Last scanned for sensitive data ' || coalesce('on ' || cast(cast(last_scan_at as date) as varchar), 'never') end",
                "case when " ~ includes('codes', "'FINDING_OPEN'") ~ " then 'A finding of severity ' || severity || ' was due on ' || cast(cast(due_at as date) as varchar) end",
                "case when " ~ includes('codes', "'EXTERNAL_SHARE'") ~ " then 'Can be reached by ' || shared_with end",
            ]) }} || '.'
        when is_unknown and kind = 'finding' then 'The finding has no severity or no date.'
        when is_unknown then 'Whether public access is blocked could not be read.'
        when kind = 'finding' then 'To be closed by ' || cast(cast(due_at as date) as varchar) || '.'
        when is_bucket then 'Public access is blocked.'
        when is_unseen then 'Nothing reads whom it is shared with: the register says that no access analyzer is in use.'
        else 'Not shared with anybody outside.'
    end as reason,
    case when kind <> 'finding' then entity_key end as store_id,
    kind,
    classification,
    is_public as public,
    case
        when not is_bucket then null
        when is_blocked is null then 'unread'
        when is_blocked then 'blocked'
        else 'not blocked'
    end as block_state,
    last_scan_at,
    finding_id,
    due_at,
    {{ demands([('s3_bucket_policy_public', 'is_bucket')]) }} as demands
from judged
