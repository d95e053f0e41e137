select range, participants
  from analytics.distribution
 where project = {{project}} and metric = 'cv_percent'
 order by place
