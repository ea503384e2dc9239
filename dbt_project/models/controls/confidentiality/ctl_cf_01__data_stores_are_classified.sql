with stores as (
    select * from {{ ref('dim_data_store') }}
),

registered as (
    select * from {{ ref('int_data_stores_registered') }}
),

tagged as (
    select store_id, bucket_name, tagged_class from {{ ref('dim_bucket') }} where valid_to is null
    union all
    select database_id, null, tagged_class from {{ ref('dim_database') }} where valid_to is null
),

tags as (
    select bucket_name, owner_tag, class_reviewed_on, error_code
    from {{ ref('stg_aws_storage__bucket_tagging') }}
    where _day = {{ as_of_day() }}
),

people as (
    select refs.ref, people.person_key, people.current_status
    from {{ ref('int_person_refs') }} as refs
    inner join {{ ref('dim_person') }} as people on people.person_key = refs.person_key
),

-- What a scanner found and nobody put away.
found as (
    select distinct store_id
    from {{ ref('stg_macie__findings') }}
    where _day = {{ as_of_day() }}
        and finding_type like 'SensitiveData:%'
        and not coalesce(is_archived, false)
),

gathered as (
    select
        stores.store_id,
        stores.name,
        stores.kind,
        stores.region,
        registered.classification as registered_class,
        tagged.tagged_class,
        coalesce(registered.owner_id, tags.owner_tag) as owner_ref,
        coalesce(registered.reviewed_on, tags.class_reviewed_on) as reviewed_on,
        coalesce(tags.error_code, '') not in ('', 'NoSuchTagSet') as is_tag_unread,
        {{ position_in(param('classes'), 'registered.classification') }} as registered_rank,
        {{ position_in(param('classes'), 'tagged.tagged_class') }} as tagged_rank,
        found.store_id is not null as has_finding
    from stores
    left join registered on registered.store_id = stores.store_id
    left join tagged on tagged.store_id = stores.store_id
    left join tags on tags.bucket_name = tagged.bucket_name
    left join found on found.store_id = stores.store_id
),

owned as (
    select
        gathered.*,
        people.person_key as owner_key,
        people.current_status as owner_status,
        -- The stricter of two classes holds.
        case when coalesce(tagged_rank, 0) > coalesce(registered_rank, 0) then tagged_class else coalesce(registered_class, tagged_class) end
            as classification,
        case
            when registered_class is not null and tagged_class is not null and registered_class <> tagged_class then 'register and tag disagree'
            when registered_class is not null then 'register'
            when tagged_class is not null then 'tag'
        end as source_of_class
    from gathered
    left join people on people.ref = gathered.owner_ref
),

judged as (
    select
        *,
        {{ codes([
            ('UNCLASSIFIED', 'classification is null and not is_tag_unread'),
            ('INVALID_CLASS',
                '(registered_class is not null and registered_rank is null) or (tagged_class is not null and tagged_rank is null)'),
            ('OWNER_INACTIVE',
                "(owner_ref is not null or not is_tag_unread) and coalesce(owner_status, 'none') not in ('active', 'on_leave')"),
            ('CLASS_REVIEW_OVERDUE',
                '(reviewed_on is null and not is_tag_unread) or ' ~ plus_months('reviewed_on', param('review_months')) ~ ' < ' ~ as_of_day()),
            ('CLASS_TOO_LOW', "has_finding and coalesce(classification, 'public') in ('public', 'internal')"),
        ]) }} as codes,
        is_tag_unread and (classification is null or owner_ref is null or reviewed_on is null) as is_unknown
    from owned
)

select
    store_id as entity_key,
    name as entity_name,
    owner_key,
    {{ row_result(unknown='is_unknown') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when " ~ includes('codes', "'UNCLASSIFIED'") ~ " then 'The store has no class' end",
                "case when " ~ includes('codes', "'INVALID_CLASS'") ~ " then 'Its class is not one of ours: ' || coalesce(case when registered_rank is null then registered_class end, tagged_class) end",
                "case when " ~ includes('codes', "'OWNER_INACTIVE'") ~ " then 'Nobody who works here answers for it' || coalesce(' (' || owner_ref || ')', '') end",
                "case when " ~ includes('codes', "'CLASS_REVIEW_OVERDUE'") ~ " then 'Its class was last reviewed ' || coalesce('on ' || cast(reviewed_on as varchar), 'never') end",
                "case when " ~ includes('codes', "'CLASS_TOO_LOW'") ~ " then 'Sensitive data was found in it' end",
            ]) }} || '.'
        when is_unknown then 'The tags of the store could not be read.'
        else 'Classed ' || classification || ' (' || source_of_class || '), reviewed on ' || cast(reviewed_on as varchar) || '.'
    end as reason,
    store_id,
    kind,
    region,
    classification,
    source_of_class,
    registered_class,
    tagged_class,
    owner_ref as owner,
    reviewed_on
from judged
