select name, participants
  from analytics.groups
 where project = {{project}} and kind = 'country'
 order by participants desc, name
