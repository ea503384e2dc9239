-- What each declared role allows and denies once everything it inherits is counted. `union` keeps each pair once, so that
-- a chain that returns to itself ends.
with recursive roles as (
    {{ newest(ref('stg_registers__roles')) }}
),

inherited as (
    select role, trim(parent) as parent
    from (select role, {{ unpacked('inherits') }} as parent from roles) as listed
    where trim(parent) <> ''
),

ancestors (role, ancestor) as (
    select role, role from roles
    union
    select ancestors.role, inherited.parent
    from ancestors
    inner join inherited on inherited.role = ancestors.ancestor
),

stated as (
    select role, trim(permission) as permission, 'allow' as effect
    from (select role, {{ unpacked('permissions') }} as permission from roles) as listed
    union
    select role, trim(permission), 'deny'
    from (select role, {{ unpacked('denied') }} as permission from roles) as listed
)

select
    ancestors.role,
    stated.permission,
    max(case when stated.effect = 'allow' then 1 else 0 end) = 1 as is_allowed,
    max(case when stated.effect = 'deny' then 1 else 0 end) = 1 as is_denied,
    max(case when stated.role = ancestors.role then 1 else 0 end) = 1 as is_own,
    {{ distinct_texts("case when stated.effect = 'allow' then stated.role end") }} as allowed_by,
    {{ distinct_texts("case when stated.effect = 'deny' then stated.role end") }} as denied_by
from ancestors
inner join stated on stated.role = ancestors.ancestor
where stated.permission <> ''
group by ancestors.role, stated.permission
