select loop || ' (' || participants || ')' as loop, very_low_percent, low_percent, in_range_percent, high_percent, very_high_percent
  from analytics.time_in_ranges
 where project = {{project}}
 order by place
