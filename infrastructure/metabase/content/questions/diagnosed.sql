select name, participants
  from analytics.groups
 where project = {{project}} and kind = 'diagnosed'
 order by place
