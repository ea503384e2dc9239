-- Ingress rules of the day judged, one row for each range, group or prefix list that a rule lets in. The entries of a
-- prefix list are ranges like any other.
with permissions as (
    select
        groups.region,
        groups.account_id,
        groups.security_group_id,
        groups.group_name,
        groups.vpc_id,
        {{ json_text('permission.element', '$.IpProtocol') }} as protocol,
        {{ json_int('permission.element', '$.FromPort') }} as from_port,
        {{ json_int('permission.element', '$.ToPort') }} as to_port,
        permission.element as permission
    from {{ ref('stg_aws_network__security_groups') }} as groups
    cross join lateral {{ json_each('groups.ingress') }} as permission
    where groups._day = {{ as_of_day() }} and groups.security_group_id is not null
),

listed as (
    select permissions.*, {{ json_text('item.element', '$.CidrIp') }} as cidr, cast(null as varchar) as prefix_list_id, 'ipv4' as kind
    from permissions
    cross join lateral {{ json_each(json_value('permissions.permission', '$.IpRanges')) }} as item

    union all

    select permissions.*, {{ json_text('item.element', '$.CidrIpv6') }}, null, 'ipv6'
    from permissions
    cross join lateral {{ json_each(json_value('permissions.permission', '$.Ipv6Ranges')) }} as item

    union all

    select permissions.*, {{ json_text('item.element', '$.GroupId') }}, null, 'group'
    from permissions
    cross join lateral {{ json_each(json_value('permissions.permission', '$.UserIdGroupPairs')) }} as item

    union all

    select
        permissions.*,
        entries.cidr,
        {{ json_text('item.element', '$.PrefixListId') }},
        case when entries.cidr is null then 'unread' when entries.cidr like '%:%' then 'ipv6' else 'ipv4' end
    from permissions
    cross join lateral {{ json_each(json_value('permissions.permission', '$.PrefixListIds')) }} as item
    left join {{ ref('stg_aws_network__prefix_list_entries') }} as entries
        on entries._day = {{ as_of_day() }}
        and entries.region = permissions.region
        and entries.prefix_list_id = {{ json_text('item.element', '$.PrefixListId') }}
),

numbered as (
    select
        *,
        coalesce(try_cast(nullif(split_part(cidr, '/', 2), '') as integer), case kind when 'ipv6' then 128 else 32 end) as prefix_length,
        {{ ipv4_number("split_part(cidr, '/', 1)") }} as first_address
    from listed
),

-- Two halves make a whole: ranges of one group for the same ports count together, those inside another one once.
outermost as (
    select one.region, one.security_group_id, one.protocol, one.from_port, one.to_port, one.first_address, one.prefix_length
    from numbered as one
    where one.kind = 'ipv4'
        and not exists (
            select 1
            from numbered as other
            where other.kind = 'ipv4'
                and other.region = one.region
                and other.security_group_id = one.security_group_id
                and other.protocol = one.protocol
                and other.from_port is not distinct from one.from_port
                and other.to_port is not distinct from one.to_port
                and other.prefix_length < one.prefix_length
                and floor(other.first_address / power(2, 32 - other.prefix_length))
                = floor(one.first_address / power(2, 32 - other.prefix_length))
        )
    group by all
),

whole as (
    select region, security_group_id, protocol, from_port, to_port
    from outermost
    group by region, security_group_id, protocol, from_port, to_port
    having sum(power(2, 32 - prefix_length)) >= power(2, 32)
),

halves as (
    select region, security_group_id, protocol, from_port, to_port
    from numbered
    where kind = 'ipv6' and (prefix_length = 0 or (prefix_length = 1 and split_part(cidr, '/', 1) in ('::', '8000::')))
    group by region, security_group_id, protocol, from_port, to_port
    having min(prefix_length) = 0 or count(distinct cidr) = 2
),

attached as (
    select
        interfaces.region,
        item.security_group_id,
        {{ distinct_texts("coalesce(interfaces.instance_id, nullif(interfaces.interface_description, ''), interfaces.interface_id)") }}
            as attached_to
    from {{ ref('stg_aws_network__network_interfaces') }} as interfaces
    cross join {{ each_item('interfaces.security_group_ids') }} as item(security_group_id)
    where interfaces._day = {{ as_of_day() }} and interfaces.interface_id is not null
    group by interfaces.region, item.security_group_id
),

read_regions as (
    select distinct region
    from {{ ref('stg_aws_network__network_interfaces') }}
    where _day = {{ as_of_day() }} and error_code is null
)

select
    numbered.region || '|' || numbered.security_group_id || '|' || coalesce(numbered.protocol, '?') || '|'
        || coalesce(cast(numbered.from_port as varchar), 'all') || '-' || coalesce(cast(numbered.to_port as varchar), 'all') || '|'
        || coalesce(numbered.prefix_list_id || ':', '') || coalesce(numbered.cidr, 'unread') as rule_key,
    numbered.region,
    numbered.account_id,
    numbered.security_group_id,
    numbered.group_name,
    numbered.vpc_id,
    numbered.protocol,
    numbered.from_port,
    numbered.to_port,
    numbered.kind,
    numbered.cidr,
    numbered.prefix_list_id,
    case
        when numbered.kind = 'unread' then null
        when numbered.kind = 'ipv4' then whole.security_group_id is not null
        when numbered.kind = 'ipv6'
            then halves.security_group_id is not null and (numbered.prefix_length = 0 or split_part(numbered.cidr, '/', 1) in ('::', '8000::'))
        else false
    end as is_open_to_world,
    coalesce(attached.attached_to, {{ empty_codes() }}) as attached_to,
    read_regions.region is not null as is_attachment_known
from numbered
left join whole
    on whole.region = numbered.region
    and whole.security_group_id = numbered.security_group_id
    and whole.protocol = numbered.protocol
    and whole.from_port is not distinct from numbered.from_port
    and whole.to_port is not distinct from numbered.to_port
left join halves
    on halves.region = numbered.region
    and halves.security_group_id = numbered.security_group_id
    and halves.protocol = numbered.protocol
    and halves.from_port is not distinct from numbered.from_port
    and halves.to_port is not distinct from numbered.to_port
left join attached on attached.region = numbered.region and attached.security_group_id = numbered.security_group_id
left join read_regions on read_regions.region = numbered.region
qualify row_number() over (partition by rule_key order by numbered.cidr) = 1
