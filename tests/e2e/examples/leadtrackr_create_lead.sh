curl -X POST https://app.leadtrackr.io/api/leads/createLead \
  -H "Content-Type: application/json" \
  -d '{
    "projectId": "your-project-id",
    "userData": {
      "firstName": "John",
      "lastName": "Doe",
      "email": "john@example.com",
      "phone": "+31612345678",
      "companyName": "Acme Inc."
    },
    "attributionData": {
      "gclid": "abc123",
      "cid": "1234567890.1234567890",
      "fbp": "fb.1.1612345678.1234567890"
    },
    "formData": {
      "formName": "Contact Form",
      "formMessage": "I would like to request a quote",
      "uniqueEventId": "evt_abc123"
    },
    "deviceData": {
      "ipAddress": "203.0.113.42",
      "userAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"
    },
    "uniqueIdentifier": "crm-lead-456"
  }'
