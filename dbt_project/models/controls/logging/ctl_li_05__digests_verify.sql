-- Digests of one day in each row of the newest extract that read it. Whether a signature holds was computed where the
-- digest was read; that the chain closes, that no hour is missing and that the files match is decided here.
with digests as (
    select *
    from {{ ref('stg_aws_log_integrity__digests') }}
    where _day <= {{ as_of_day() }}
),

hourly as (
    select
        digest.trail_arn,
        digest.region,
        digest.digest_day as day,
        digest.digest_key,
        digest.error_code,
        digest.ended_at,
        digest.is_signature_valid,
        digest.digest_key is not null and digest.error_code is null and not coalesce(digest.is_key_known, false) as has_no_key,
        -- The digest before may be one that is not there: then its own hour tells.
        coalesce(digest.previous_hash <> before.content_hash or digest.previous_signature <> before.signature, false) as breaks_chain,
        {{ json_array_size('digest.files') }} as file_count,
        (
            select count(*)
            from {{ json_each('digest.files') }} as file
            where {{ json_text('file.element', '$.ErrorCode') }} in ('NoSuchKey', '404')
        ) as missing_files,
        (
            select count(*)
            from {{ json_each('digest.files') }} as file
            where {{ json_text('file.element', '$.FoundHash') }} <> {{ json_text('file.element', '$.SignedHash') }}
        ) as altered_files,
        (
            select count(*)
            from {{ json_each('digest.files') }} as file
            where {{ json_text('file.element', '$.FoundHash') }} is null and {{ json_text('file.element', '$.ErrorCode') }} not in ('NoSuchKey', '404')
        ) as unread_files
    from digests as digest
    left join digests as before
        on before.trail_arn = digest.trail_arn
        and before.region = digest.region
        and before.digest_key = digest.previous_key
        -- Of yesterday's, or of the night before.
        and before.digest_day between {{ plus_days('cast(digest.digest_day as timestamp)', -1) }} and digest.digest_day
),

regional as (
    select
        trail_arn,
        day,
        region,
        count(distinct case when error_code is null and digest_key is not null then ended_at end) as hours,
        max(case when digest_key is null and error_code is not null then 1 else 0 end) = 1 as is_list_refused,
        sum(case when digest_key is not null and error_code is not null then 1 else 0 end) as refused_hours,
        sum(case when has_no_key then 1 else 0 end) as unknown_keys,
        sum(case when not is_signature_valid then 1 else 0 end) as false_signatures,
        sum(case when breaks_chain then 1 else 0 end) as broken_links,
        min(case when not is_signature_valid or breaks_chain or missing_files > 0 or altered_files > 0 then ended_at end) as first_error_at,
        cast(sum(coalesce(file_count, 0)) as bigint) as files,
        cast(sum(missing_files) as bigint) as missing_files,
        cast(sum(altered_files) as bigint) as altered_files,
        cast(sum(unread_files) as bigint) as unread_files
    from hourly
    group by trail_arn, day, region
),

days as (
    select
        trail_arn,
        day,
        count(*) as regions,
        cast(sum(hours) as bigint) as hours_verified,
        sum(case when not is_list_refused and hours + refused_hours < 24 then 1 else 0 end) as incomplete_regions,
        {{ joined(ordered_list("case when not is_list_refused and hours + refused_hours < 24 then region end", 'region')) }} as short_regions,
        sum(case when is_list_refused then 1 else 0 end) + sum(refused_hours) + sum(unknown_keys) + sum(unread_files) as unread,
        sum(false_signatures) + sum(broken_links) as broken,
        cast(sum(files) as bigint) as files,
        cast(sum(missing_files) as bigint) as missing_files,
        cast(sum(altered_files) as bigint) as altered_files,
        min(first_error_at) as first_error_at
    from regional
    group by trail_arn, day
),

judged as (
    select
        days.*,
        {{ codes([
            ('DIGEST_MISSING', 'incomplete_regions > 0'),
            ('CHAIN_BROKEN', 'broken > 0'),
            ('FILE_MISSING', 'missing_files > 0'),
            ('FILE_ALTERED', 'altered_files > 0'),
        ]) }} as codes
    from days
    cross join {{ ref('dim_engagement') }} as engagement
    where days.day >= engagement.window_start
)

select
    trail_arn || '|' || cast(day as varchar) as entity_key,
    {{ last_part('trail_arn') }} || ' on ' || cast(day as varchar) as entity_name,
    cast(null as varchar) as owner_key,
    {{ row_result(unknown='unread > 0') }} as result,
    codes,
    case
        when not {{ is_empty_list('codes') }}
            then {{ sentence_of([
                "case when altered_files > 0 then cast(altered_files as varchar) || ' log files are not what CloudTrail wrote' end",
                "case when missing_files > 0 then cast(missing_files as varchar) || ' log files are gone' end",
                "case when broken > 0 then 'A digest is not signed by CloudTrail, or does not follow the one before' end",
                "case when incomplete_regions > 0 then 'Hours without a digest in ' || short_regions end",
            ]) }} || '.'
        when unread > 0 then 'Digests, files or keys could not be read.'
        else cast(hours_verified as varchar) || ' digests and ' || cast(files as varchar) || ' files verify.'
    end as reason,
    trail_arn,
    day,
    regions,
    hours_verified,
    files,
    first_error_at
from judged
