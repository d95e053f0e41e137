select to_char(hour, 'FM00') || ':00' as "Hour",
       max(in_range_percent) filter (where weekday = 1) as "Monday",
       max(in_range_percent) filter (where weekday = 2) as "Tuesday",
       max(in_range_percent) filter (where weekday = 3) as "Wednesday",
       max(in_range_percent) filter (where weekday = 4) as "Thursday",
       max(in_range_percent) filter (where weekday = 5) as "Friday",
       max(in_range_percent) filter (where weekday = 6) as "Saturday",
       max(in_range_percent) filter (where weekday = 7) as "Sunday"
  from analytics.glucose_week
 where project = {{project}}
 group by hour
 order by hour
