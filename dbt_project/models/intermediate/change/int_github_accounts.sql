-- One answer per account for "which person was this": history keeps links of accounts that are gone, and events of
-- last spring were made by them. An account that was gone before the first extract has no history; an approved
-- override in the register can still say whose it was.
with observed as (
    select
        account_id,
        login,
        case when resolution = 'resolved' then person_key end as person_key,
        resolution = 'service' as is_service
    from {{ ref('bridge_account_person') }}
    where source_id = 'github'
    qualify row_number() over (
        partition by account_id
        order by case resolution when 'resolved' then 0 when 'service' then 1 else 2 end, valid_from desc
    ) = 1
),

overridden as (
    select overrides.account_id, cast(null as varchar) as login, people.person_key, false as is_service
    from ({{ newest(ref('stg_registers__identity_overrides')) }}) as overrides
    inner join {{ ref('int_person_refs') }} as people on overrides.person_id = people.ref
    where overrides.source_id = 'github'
        and overrides.account_id is not null
        and overrides.approved_by is not null
    qualify row_number() over (partition by overrides.account_id order by overrides.approved_at desc, people.person_key) = 1
)

select * from observed
union all
select * from overridden
where not exists (select 1 from observed where observed.account_id = overridden.account_id)
