select day, participants, covered_percent
  from analytics.glucose_days
 where project = {{project}} [[and {{dates}}]]
 order by day
