select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'in_range_percent'
 order by place
